/* SPDX-License-Identifier: MIT */
/* Sockets and their options on the real kernel. */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/time.h>

#include "execute.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51 /* linux/in.h, 6.3 */
#endif
#ifndef IP_MULTICAST_ALL
#define IP_MULTICAST_ALL 49
#endif
#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

int execute_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* A filter whose answer no group is large enough for: the kernel then falls back to the hash. */
static int set_program(const struct kernel_sock *sock, bool on)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	struct sock_fprog program = {.len = 1, .filter = &code};

	if (!on)
		return execute_set(sock->fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0);
	return setsockopt(sock->fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
			  sizeof(program)) < 0 ?
		       -errno :
		       0;
}

int execute_option(const struct kernel_sock *sock, uint16_t option, const struct op *op, bool on)
{
	switch (option) {
	case OPT_REUSEADDR:
		return execute_set(sock->fd, SOL_SOCKET, SO_REUSEADDR, on);
	case OPT_REUSEPORT:
		return execute_set(sock->fd, SOL_SOCKET, SO_REUSEPORT, on);
	case OPT_V6ONLY:
		return execute_set(sock->fd, IPPROTO_IPV6, IPV6_V6ONLY, on);
	case OPT_NO_PORT:
		return execute_set(sock->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, on);
	case OPT_FREEBIND:
		return execute_set(sock->fd, IPPROTO_IP, IP_FREEBIND, on);
	case OPT_RANGE:
		return execute_set(sock->fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE,
			       (int)((uint32_t)op->high << 16 | op->low));
	case OPT_DEVICE:
		if (op->device[0] >= '0' && op->device[0] <= '9') /* may be of no device at all */
			return execute_set(sock->fd, SOL_SOCKET, SO_BINDTOIFINDEX, atoi(op->device));
		return setsockopt(sock->fd, SOL_SOCKET, SO_BINDTODEVICE, op->device,
				  (socklen_t)strlen(op->device) + 1) < 0 ?
			       -errno :
			       0;
	case OPT_CPU:
		return execute_set(sock->fd, SOL_SOCKET, SO_INCOMING_CPU, sched_getcpu() + op->cpu);
	case OPT_PROGRAM:
		return set_program(sock, on);
	case OPT_BROADCAST:
		return execute_set(sock->fd, SOL_SOCKET, SO_BROADCAST, on);
	case OPT_TRANSPARENT:
		return execute_set(sock->fd, IPPROTO_IP, IP_TRANSPARENT, on);
	case OPT_MULTICAST_ALL:
		if (sock->inet6)
			execute_set(sock->fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, on);
		return execute_set(sock->fd, IPPROTO_IP, IP_MULTICAST_ALL, on);
	}
	return -EINVAL;
}

int execute_socket(struct execution *run, const struct op *op)
{
	struct kernel_sock *sock = &run->socks[op->name];
	struct timeval limit = {.tv_usec = 50000};
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	setfsuid(op->value);
	sock->fd = socket(op->inet6 ? AF_INET6 : AF_INET,
			  (op->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	setfsuid(0);
	if (sock->fd < 0)
		return -errno;
	sock->used = true;
	sock->udp = op->udp;
	sock->inet6 = op->inet6;
	sock->uid = op->value;
	getsockopt(sock->fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	sock->cookie = (int64_t)cookie;
	if (!op->udp)
		setsockopt(sock->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	for (uint16_t option = 1; option; option = (uint16_t)(option << 1)) {
		int r = op->options & option & OPT_OF_SOCKET ? execute_option(sock, option, op, true) : 0;
		if (r)
			return r;
	}
	return 0;
}
