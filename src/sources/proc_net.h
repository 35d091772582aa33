/* SPDX-License-Identifier: MIT */
/* /proc/net: the fallback where sock_diag is refused or absent. */
#ifndef BERTH_SOURCES_PROC_NET_H
#define BERTH_SOURCES_PROC_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/sock.h"

struct dump;
struct snapshot;

/*
 * Adds the sockets of @proto that the calling thread's network namespace has. 0 or -errno:
 * -ENOENT when the kernel has no file for it.
 */
int proc_net_dump(struct dump *dump, enum sock_proto proto);

/*
 * How many sockets the namespace has of each protocol by /proc/net/protocols; UINT32_MAX where
 * that does not say. MPTCP's are counted in @ret_mptcp. TIME_WAIT and the like are not in it.
 */
void proc_net_counts(uint32_t ret_counts[N_SOCK_PROTOS], uint32_t *ret_mptcp);

/* TIME_WAIT entries of the namespace by /proc/net/sockstat; UINT32_MAX if that does not say. */
uint32_t proc_net_time_waits(void);

/* Has the namespace TIME_WAIT entries, or this machine orphaned TCP sockets, as far as that is told? */
bool proc_net_has_unowned(void);

/* TCP sockets of the whole machine, those without a port too, by the same file; 0: not told. */
uint32_t proc_net_tcp_allocated(void);

/* What people miss in the files of a protocol, for coverage; NULL: nothing they would ask for. */
const char *proc_net_blind_spots(enum sock_proto proto);

/*
 * Parse one line of the files of @proto, without its newline, into zeroed @ret. 0; -EBADMSG for
 * anything else, headings included. Names are interned in @snap. Pure, safe on any bytes.
 */
int proc_net_parse(const char *line, size_t len, enum sock_proto proto, struct snapshot *snap,
		   struct sock *ret);

#endif
