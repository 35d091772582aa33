/* SPDX-License-Identifier: MIT */
/* Datagram, ping and raw sockets with their error queues. */
#include "probe/trace_flow.h"
#include "core/case.h"
#include "core/sock.h"
#include "probe/asking.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECEIVE_SIZE = 2048, MAX_STALE = 64 };

static int open_socket(struct trace_flow *flow)
{
	const bool v4 = flow->id.dst.family == ADDR_IPV4;
	const int family = v4 ? AF_INET : AF_INET6, flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
	const int icmp = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;

	if (flow->id.proto == SOCK_PROTO_UDP)
		return flow->fd = socket(family, SOCK_DGRAM | flags, 0);
	if (flow->id.proto == SOCK_PROTO_ICMP) {
		flow->fd = socket(family, SOCK_DGRAM | flags, icmp);
		if (flow->fd >= 0)
			return flow->fd;
	}
	flow->is_raw = true;
	flow->has_ip_header = v4;
	return flow->fd = socket(family, SOCK_RAW | flags,
				 flow->id.proto == SOCK_PROTO_TCP ? IPPROTO_TCP : icmp);
}

static void no_flow_label(int fd, enum addr_family family)
{
	int off = 0;

	/* A label for each socket would be a flow for each socket (RFC 6438). */
	if (family == ADDR_IPV6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, &off, sizeof(off));
}

static int connect_to_target(struct trace_flow *flow, const struct asked *asked)
{
	struct sockaddr_storage ss;
	socklen_t len;
	const uint16_t port = flow->id.proto == SOCK_PROTO_UDP ? flow->id.dst_port : 0;

	int error = socket_apply_asked(flow->fd, asked, (enum addr_family)flow->id.dst.family);
	if (error)
		return error;
	socket_hear_errors(flow->fd, (enum addr_family)flow->id.dst.family);
	no_flow_label(flow->fd, (enum addr_family)flow->id.dst.family);
	if (asked->bind_addr.family == flow->id.dst.family) {
		len = sockaddr_make(&asked->bind_addr, 0, &ss);
		if (bind(flow->fd, (struct sockaddr *)&ss, len))
			return -errno;
	}
	len = sockaddr_make(&flow->id.dst, port, &ss);
	if (connect(flow->fd, (struct sockaddr *)&ss, len))
		return -errno;
	len = sizeof(ss);
	if (getsockname(flow->fd, (struct sockaddr *)&ss, &len))
		return -errno;
	sockaddr_read(&ss, &flow->id.src, &flow->id.src_port);
	return 0;
}

/* A port of our own; the kernel answers the target's SYN ACK to it with RST, as nobody connects. */
static int keep_port(struct trace_flow *flow)
{
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_make(&flow->id.src, 0, &ss);
	struct addr addr;

	flow->keeper = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (flow->keeper < 0 || bind(flow->keeper, (struct sockaddr *)&ss, len))
		return -errno;
	len = sizeof(ss);
	if (getsockname(flow->keeper, (struct sockaddr *)&ss, &len))
		return -errno;
	sockaddr_read(&ss, &addr, &flow->id.src_port);
	return 0;
}

int trace_flow_open(struct trace_flow *flow, const struct asked *asked)
{
	*flow = (struct trace_flow){
		.fd = -1,
		.keeper = -1,
		.id = {.proto = asked->proto, .dst = asked->addr, .dst_port = asked->port}};
	if (getrandom(&flow->id.base, sizeof(flow->id.base), GRND_NONBLOCK) < 0)
		flow->id.base = (uint32_t)monotonic_ns();
	if (open_socket(flow) < 0)
		return -errno;
	int error = connect_to_target(flow, asked);
	if (!error && flow->id.proto == SOCK_PROTO_TCP)
		error = keep_port(flow);
	else if (flow->id.proto == SOCK_PROTO_ICMP && flow->is_raw)
		/* A raw socket's own "port" is the protocol's number. */
		flow->id.src_port = (uint16_t)(flow->id.base >> 16 | 1);
	if (error)
		trace_flow_close(flow);
	return error;
}

void trace_flow_close(struct trace_flow *flow)
{
	if (flow->fd >= 0)
		close(flow->fd);
	if (flow->keeper >= 0)
		close(flow->keeper);
	flow->fd = flow->keeper = -1;
}

int trace_flow_send(struct trace_flow *flow, uint16_t index, uint8_t ttl)
{
	uint8_t packet[TRACE_PACKET_SIZE];
	size_t len = trace_packet_make(&flow->id, index, packet);
	int error = 0;

	socket_set_ttl(flow->fd, (enum addr_family)flow->id.dst.family, ttl);
	/* send() first hands out the error of an earlier probe, which the error queue tells as well. */
	for (int i = 0; i < 4; i++) {
		if (send(flow->fd, packet, len, MSG_NOSIGNAL) >= 0)
			return 0;
		error = -errno;
	}
	return error;
}

/* True if the error is about a probe of this flow. */
static bool take_error(struct trace_flow *flow, struct trace_answer *ret)
{
	uint8_t quoted[TRACE_PACKET_SIZE];
	size_t len = sizeof(quoted);

	while (socket_take_error(flow->fd, &ret->icmp, quoted, &len)) {
		ret->index = trace_packet_quoted(&flow->id, quoted, len);
		ret->answer = ret->icmp.is_local ? PROBE_LOCAL_ERROR : PROBE_ICMP;
		/* Of a datagram some routers quote the header only, which we are not shown. */
		if (ret->index >= 0 || (flow->id.proto == SOCK_PROTO_UDP && len < 2))
			return true;
		len = sizeof(quoted);
	}
	return false;
}

bool trace_flow_receive(struct trace_flow *flow, struct trace_answer *ret)
{
	uint8_t data[RECEIVE_SIZE];

	*ret = (struct trace_answer){.index = -1};
	if (take_error(flow, ret))
		return true;
	for (int i = 0; i < MAX_STALE; i++) {
		ssize_t n = recv(flow->fd, data, sizeof(data), MSG_DONTWAIT);
		size_t skip = n > 0 && flow->has_ip_header ? (data[0] & 15u) * 4u : 0;
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return false;
		if (n < 0 || skip > (size_t)n)
			continue; /* an error that the error queue told, or will tell */
		ret->icmp = (struct icmp_seen){};
		ret->index = trace_packet_answered(&flow->id, data + skip, (size_t)n - skip, &ret->answer);
		if (ret->index >= 0 || (ret->answer == PROBE_REPLY && flow->id.proto == SOCK_PROTO_UDP))
			return true;
	}
	return false;
}
