/* SPDX-License-Identifier: MIT */
/* Socket options, the error queue and tcp_info, turned into facts. */
#include "probe/asking.h"

#include <errno.h>
#include <time.h> /* before errqueue.h, which needs it */
#include <linux/errqueue.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

unsigned sockaddr_make(const struct addr *addr, uint16_t port, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (addr->family == ADDR_IPV4) {
		struct sockaddr_in *sin = (struct sockaddr_in *)ret;
		sin->sin_family = AF_INET;
		sin->sin_port = htons(port);
		memcpy(&sin->sin_addr, addr->bytes, 4);
		return sizeof(*sin);
	}
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ret;
	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = htons(port);
	sin6->sin6_scope_id = addr->scope;
	memcpy(&sin6->sin6_addr, addr->bytes, 16);
	return sizeof(*sin6);
}

bool sockaddr_read(const struct sockaddr_storage *ss, struct addr *ret_addr, uint16_t *ret_port)
{
	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *sin = (const struct sockaddr_in *)ss;
		*ret_addr = addr_ipv4(ntohl(sin->sin_addr.s_addr));
		*ret_port = ntohs(sin->sin_port);
		return true;
	}
	if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)ss;
		*ret_addr = addr_ipv6(sin6->sin6_addr.s6_addr, sin6->sin6_scope_id);
		*ret_port = ntohs(sin6->sin6_port);
		return true;
	}
	return false;
}

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno : 0;
}

void socket_hear_errors(int fd, enum addr_family family)
{
	set_int(fd, IPPROTO_IP, IP_RECVERR, 1);
	if (family == ADDR_IPV6)
		set_int(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
}

void socket_set_ttl(int fd, enum addr_family family, int ttl)
{
	if (family == ADDR_IPV4)
		set_int(fd, IPPROTO_IP, IP_TTL, ttl);
	else
		set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
}

int socket_apply_asked(int fd, const struct asked *asked, enum addr_family family)
{
	int error = 0;

	if (asked->reuseaddr)
		error = error ?: set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (asked->reuseport)
		error = error ?: set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (asked->freebind)
		error = error ?: set_int(fd, IPPROTO_IP, IP_FREEBIND, 1);
	if (asked->transparent)
		error = error ?: set_int(fd, IPPROTO_IP, IP_TRANSPARENT, 1);
	if (asked->dontroute)
		error = error ?: set_int(fd, SOL_SOCKET, SO_DONTROUTE, 1);
	if (asked->v6only && family == ADDR_IPV6)
		error = error ?: set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (asked->mark)
		error = error ?: set_int(fd, SOL_SOCKET, SO_MARK, (int)asked->mark);
	if (asked->device && !error && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, asked->device,
						  (socklen_t)strlen(asked->device) + 1))
		error = -errno;
	if (asked->ttl)
		socket_set_ttl(fd, family, asked->ttl);
	return error;
}

static bool take_from(const struct cmsghdr *cmsg, struct icmp_seen *ret)
{
	const bool v6 = cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_RECVERR;
	struct sock_extended_err err;
	struct sockaddr_storage from = {};
	uint16_t port;

	if (!v6 && (cmsg->cmsg_level != IPPROTO_IP || cmsg->cmsg_type != IP_RECVERR))
		return false;
	memcpy(&err, CMSG_DATA(cmsg), sizeof(err));
	size_t left = cmsg->cmsg_len - CMSG_LEN(sizeof(err));
	memcpy(&from, CMSG_DATA(cmsg) + sizeof(err), left < sizeof(from) ? left : sizeof(from));
	*ret = (struct icmp_seen){
		.family = err.ee_origin == SO_EE_ORIGIN_ICMP6 ? ADDR_IPV6 : ADDR_IPV4,
		.type = err.ee_type,
		.code = err.ee_code,
		.is_local = err.ee_origin == SO_EE_ORIGIN_LOCAL,
		.error = (int)err.ee_errno,
		.mtu = err.ee_errno == EMSGSIZE ? err.ee_info : 0,
	};
	if (!ret->is_local)
		sockaddr_read(&from, &ret->from, &port);
	return err.ee_origin == SO_EE_ORIGIN_ICMP || err.ee_origin == SO_EE_ORIGIN_ICMP6 ||
	       ret->is_local;
}

bool socket_take_error(int fd, struct icmp_seen *ret, uint8_t *data, size_t *len)
{
	const size_t room = *len;
	char control[512];
	struct sockaddr_storage name;

	for (;;) {
		struct iovec iov = {data, room};
		struct msghdr msg = {.msg_name = &name,
				     .msg_namelen = sizeof(name),
				     .msg_iov = &iov,
				     .msg_iovlen = 1,
				     .msg_control = control,
				     .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);
		if (n < 0)
			return false;
		*len = (size_t)n;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
			if (take_from(c, ret))
				return true;
	}
}

bool socket_take_icmp(int fd, struct icmp_seen *ret)
{
	uint8_t data[256];
	size_t len = sizeof(data);

	return socket_take_error(fd, ret, data, &len);
}

void socket_tcp_seen(int fd, struct tcp_seen *ret)
{
	struct tcp_info info = {};
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return;
	*ret = (struct tcp_seen){
		.known = true,
		.state = info.tcpi_state,
		.retransmits = info.tcpi_retransmits,
		.options = info.tcpi_options,
		.rtt_us = info.tcpi_rtt,
		.unacked = info.tcpi_unacked,
		.retrans_total = info.tcpi_total_retrans,
		.pmtu = info.tcpi_pmtu,
		.snd_mss = info.tcpi_snd_mss,
		.snd_wnd = info.tcpi_snd_wnd,
		.notsent_bytes = info.tcpi_notsent_bytes,
		.bytes_acked = info.tcpi_bytes_acked,
		.bytes_received = info.tcpi_bytes_received,
		.bytes_sent = info.tcpi_bytes_sent,
		.segs_in = info.tcpi_segs_in,
		.segs_out = info.tcpi_segs_out,
		.data_segs_in = info.tcpi_data_segs_in,
		.zero_window = info.tcpi_probes > 0,
	};
}
