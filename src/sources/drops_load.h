/* SPDX-License-Identifier: MIT */
/*
 * The user half of src/bpf/drops.bpf.c: one watcher for each group of tracepoints, loaded apart,
 * so that the lack of one costs only that.
 */
#ifndef BERTH_SOURCES_DROPS_LOAD_H
#define BERTH_SOURCES_DROPS_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf/wire_drops.h"

enum drops_watch {
	DROPS_WATCH_DROPS, /* kfree_skb */
	DROPS_WATCH_TCP,   /* tcp_send_reset, tcp_receive_reset, tcp_retransmit_skb */
	DROPS_WATCH_ERROR, /* inet_sk_error_report, 5.14 */
	DROPS_WATCH_ICMP,  /* icmp_send, 6.11 */
};
enum { N_DROPS_WATCHERS = DROPS_WATCH_ICMP + 1, N_DROPS_PROGS = 3 };

struct drops_watcher {
	int links[N_DROPS_PROGS]; /* 0: none */
	struct wire_event *events;
	struct wire_drops *state; /* NULL: this kernel has not got it */
	bool parted; /* each processor has its own part of .events */
};

struct drops {
	struct drops_watcher watchers[N_DROPS_WATCHERS];
};

/* How many of .events may be filled. */
size_t drops_in_use(const struct drops_watcher *watcher);

#endif
