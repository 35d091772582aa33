/* SPDX-License-Identifier: MIT */
/* TCP, UDP, UDP-Lite and raw sockets by sock_diag (net/ipv4/inet_diag.c). */
#ifndef BERTH_SOURCES_INET_DIAG_H
#define BERTH_SOURCES_INET_DIAG_H

#include <linux/netlink.h>
#include <stdint.h>

#include "core/sock.h"

struct dump;
struct sock_extra;

/* Adds the sockets of @proto that dump->request asks for. 0 or -errno: -ENOENT where the kernel
 * has no diag module for it. */
int inet_diag_dump(struct dump *dump, enum sock_proto proto);

/* Marks the TCP sockets added since @first that carry MPTCP. 0 or -errno. */
int inet_diag_mark_mptcp(struct dump *dump, size_t first);

/*
 * One message into zeroed @ret and, unless NULL, zeroed @ret_extra. The 64-bit id of the cgroup is
 * left in @ret_cgroup_id (0: none). 0, or -EBADMSG for bytes that are no inet_diag_msg.
 */
int inet_diag_decode(const struct nlmsghdr *message, enum sock_proto proto, struct sock *ret,
		     struct sock_extra *ret_extra, uint64_t *ret_cgroup_id);

#endif
