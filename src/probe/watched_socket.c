/* SPDX-License-Identifier: MIT */
/* Looks at a traced program's socket through a copy of its descriptor. */
#include "probe/watched_socket.h"
#include "base/auto.h"
#include "core/sock.h"
#include "probe/asking.h"
#include "probe/dns.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* The numbers of linux/tcp.h, which does not go together with netinet/tcp.h. */
enum { N_OPTION_BYTES = 16, TCP_MD5SIG = 14, MD5SIG_EXT = 32, AO_ADD_KEY = 38 };

static int copy_fd(const struct watched_socket *s)
{
	AUTO(closep) int pidfd = (int)syscall(__NR_pidfd_open, s->pid, 0);

	return pidfd < 0 ? -1 : (int)syscall(__NR_pidfd_getfd, pidfd, s->fd, 0);
}

void watched_look(struct watched_socket *s)
{
	AUTO(closep) int fd = copy_fd(s);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct addr addr;
	uint16_t port;

	if (fd < 0)
		return;
	if (!getsockname(fd, (struct sockaddr *)&ss, &len) && sockaddr_read(&ss, &addr, &port) &&
	    port) {
		s->attempt.local = addr;
		s->attempt.local_port = port;
	}
	if (s->proto == SOCK_PROTO_TCP)
		socket_tcp_seen(fd, &s->attempt.tcp);
}

bool watched_is_nonblocking(const struct watched_socket *s)
{
	AUTO(closep) int fd = copy_fd(s);
	int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);

	return flags < 0 ? s->nonblocking : (flags & O_NONBLOCK) != 0;
}

bool watched_is_connected(const struct watched_socket *s)
{
	AUTO(closep) int fd = copy_fd(s);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	return fd >= 0 && !getpeername(fd, (struct sockaddr *)&ss, &len);
}

static int read_int(const struct traced_call *call)
{
	int value = 0;

	tracer_read(call->pid, call->args[3], &value, sizeof(value));
	return value;
}

static void read_device(struct watched_socket *s, const struct traced_call *call)
{
	static char name[N_OPTION_BYTES + 1]; /* one command at a time; lives as long as the case */
	size_t n = call->args[4] < N_OPTION_BYTES ? call->args[4] : N_OPTION_BYTES;

	n = tracer_read(call->pid, call->args[3], name, n);
	name[n] = '\0';
	s->asked.device = *name ? name : NULL;
}

bool watched_option(struct watched_socket *s, const struct traced_call *call)
{
	const int level = (int)call->args[1], option = (int)call->args[2];

	if (level == SOL_SOCKET && option == SO_BINDTODEVICE) {
		read_device(s, call);
		return true;
	}
	if (call->result < 0)
		return false;
	if (level == SOL_SOCKET && option == SO_REUSEADDR)
		s->asked.reuseaddr = read_int(call);
	else if (level == SOL_SOCKET && option == SO_REUSEPORT)
		s->asked.reuseport = read_int(call);
	else if (level == SOL_SOCKET && option == SO_MARK)
		s->asked.mark = (uint32_t)read_int(call);
	else if (level == SOL_SOCKET && option == SO_DONTROUTE)
		s->asked.dontroute = read_int(call);
	else if (level == IPPROTO_IP && option == IP_TTL)
		s->asked.ttl = read_int(call);
	else if (level == IPPROTO_IPV6 && option == IPV6_UNICAST_HOPS)
		s->asked.ttl = read_int(call);
	else if (level == IPPROTO_IP && option == IP_FREEBIND)
		s->asked.freebind = read_int(call);
	else if (level == IPPROTO_IP && option == IP_TRANSPARENT)
		s->asked.transparent = read_int(call);
	else if (level == IPPROTO_TCP && (option == TCP_MD5SIG || option == MD5SIG_EXT ||
					  option == AO_ADD_KEY))
		s->asked.is_signed = true;
	else if (level == IPPROTO_IPV6 && option == IPV6_V6ONLY)
		s->asked.v6only = read_int(call);
	return false;
}

static void first_iovec(pid_t pid, uint64_t iov, uint64_t *data, uint64_t *len)
{
	struct iovec first = {};

	tracer_read(pid, iov, &first, sizeof(first));
	*data = (uint64_t)(uintptr_t)first.iov_base;
	*len = first.iov_len;
}

void watched_message(const struct traced_call *call, uint64_t *data, uint64_t *len)
{
	struct msghdr msg = {};

	switch (call->number) {
	case __NR_sendmsg:
	case __NR_recvmsg:
	case __NR_sendmmsg: /* struct mmsghdr begins with a struct msghdr */
		tracer_read(call->pid, call->args[1], &msg, sizeof(msg));
		first_iovec(call->pid, (uint64_t)(uintptr_t)msg.msg_iov, data, len);
		break;
	case __NR_writev:
	case __NR_readv:
		first_iovec(call->pid, call->args[1], data, len);
		break;
	default:
		break;
	}
}

void watched_dns_name(struct watched *watched, const uint8_t *packet, size_t len)
{
	char name[sizeof(watched->dns_name)];

	if (dns_question(packet, len, name, sizeof(name)))
		memcpy(watched->dns_name, name, sizeof(name));
}
