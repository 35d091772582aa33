/* SPDX-License-Identifier: MIT */
/* The multicast groups of sock_diag: net/core/sock_diag.c, sock_diag_broadcast_destroy(). */
#include "sources/closings.h"
#include "base/auto.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stddef.h>
#include <sys/socket.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

/* Connections end all the time: the kernel keeps from us what has a remote port. */
static int attach_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
			 NLMSG_HDRLEN + offsetof(struct inet_diag_msg, id.idiag_dport)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog filter = {.len = N_ELEMENTS(code), .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) ? -errno : 0;
}

int closings_open(bool udp_too)
{
	static const int groups[] = {SKNLGRP_INET_TCP_DESTROY, SKNLGRP_INET6_TCP_DESTROY,
				     SKNLGRP_INET_UDP_DESTROY, SKNLGRP_INET6_UDP_DESTROY};
	const size_t n_groups = udp_too ? 4 : 2;
	const struct sockaddr_nl self = {.nl_family = AF_NETLINK};
	AUTO(closep) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
				     NETLINK_SOCK_DIAG);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&self, sizeof(self)))
		return -errno;
	for (size_t i = 0; i < n_groups; i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])))
			return -errno;
	int err = attach_filter(fd);
	return err ? err : take_fd(&fd);
}

static bool includes(const struct nlmsghdr *head, size_t len, const uint16_t *ports, size_t n)
{
	const struct inet_diag_msg *ended = NLMSG_DATA(head);

	/* one message a datagram */
	if (!NLMSG_OK(head, len) || head->nlmsg_len < NLMSG_LENGTH(sizeof(*ended)))
		return false;
	for (size_t i = 0; i < n; i++)
		if (ended->id.idiag_sport == htons(ports[i]))
			return true;
	return false;
}

bool closings_include(int fd, const uint16_t *ports, size_t n_ports)
{
	union {
		struct nlmsghdr head;
		char bytes[32768];
	} buffer;
	bool found = false;

	for (;;) {
		ssize_t n = recv(fd, &buffer, sizeof(buffer), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) /* some were lost: perhaps ours */
			found = true;
		else if (n <= 0)
			return found;
		else
			found = found || includes(&buffer.head, (size_t)n, ports, n_ports);
	}
}
