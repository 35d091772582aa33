/* SPDX-License-Identifier: MIT */
/* The kinds of socket beside inet that sock_diag lists, each with its decoder. */
#ifndef BERTH_SOURCES_SOCK_DIAG_H
#define BERTH_SOURCES_SOCK_DIAG_H

#include <linux/netlink.h>

#include "core/sock.h"

struct arena;
struct dump;
struct snapshot;
struct sock_extra;

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

/* What unix_diag_decode() leaves out of such a message: the file behind a path, who waits. 0 or -ENOMEM. */
int unix_diag_decode_extra(const struct nlmsghdr *message, struct arena *arena,
			   struct sock_extra *ret);

struct sock_diag_decoder {
	int (*sock)(const struct nlmsghdr *message, struct snapshot *snap, struct sock *ret);
	/* NULL, or fills what lies beside the socket. */
	int (*extra)(const struct nlmsghdr *message, struct arena *arena, struct sock_extra *ret);
};

/*
 * Send @request and add what it answers, decoded by @decoder, to the snapshot: what those three
 * have in common. 0 or -errno.
 */
int sock_diag_collect(struct dump *dump, struct nlmsghdr *request,
		      const struct sock_diag_decoder *decoder);

#endif
