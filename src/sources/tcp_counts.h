/* SPDX-License-Identifier: MIT */
/* What the kernel counts of TCP sockets, which is sooner read than its tables are walked. */
#ifndef BERTH_SOURCES_TCP_COUNTS_H
#define BERTH_SOURCES_TCP_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;
struct snapshot;

/*
 * Do the wanted namespaces of @snap have just @n_held TCP sockets that are connected or listen, no
 * TIME_WAIT entry, and this machine no orphan? False too where that cannot be read. Half-open
 * connections and those that wait to be accepted are not in it: their listeners tell.
 */
bool tcp_counts_are(struct snapshot *snap, uint64_t n_held);

/* Are the wanted namespaces of @snap sooner visited than tables with @n sockets walked? */
bool tcp_counts_pay(const struct snapshot *snap, uint64_t n);

/* How many sockets at least, about, a @request for TCP will be told of; 0: not known. */
size_t tcp_counts_expect(const struct request *request);

#endif
