/* SPDX-License-Identifier: MIT */
/* The kinds of socket beside inet that sock_diag lists, each with its decoder. */
#ifndef BERTH_SOURCES_SOCK_DIAG_H
#define BERTH_SOURCES_SOCK_DIAG_H

#include <linux/netlink.h>

#include "core/sock.h"

struct dump;
struct snapshot;

/* Each adds the sockets of its family that dump->request asks for. 0 or -errno. */
int unix_diag_dump(struct dump *dump, enum sock_proto proto);
int packet_diag_dump(struct dump *dump, enum sock_proto proto);
int netlink_diag_dump(struct dump *dump, enum sock_proto proto);

/*
 * Each decodes one message into zeroed @ret; names are interned in @snap. 0, or -EBADMSG for bytes
 * that are no message of its kind.
 */
int unix_diag_decode(const struct nlmsghdr *message, struct snapshot *snap, struct sock *ret);
int packet_diag_decode(const struct nlmsghdr *message, struct snapshot *snap, struct sock *ret);
int netlink_diag_decode(const struct nlmsghdr *message, struct snapshot *snap, struct sock *ret);

/*
 * Send @request and add what it answers, decoded by @decode, to the snapshot: what those three
 * have in common. 0 or -errno.
 */
int sock_diag_collect(struct dump *dump, struct nlmsghdr *request,
		      int (*decode)(const struct nlmsghdr *message, struct snapshot *snap,
				    struct sock *ret));

#endif
