/* SPDX-License-Identifier: MIT */
/* Finds the network namespaces of this machine and runs collections inside them. */
#ifndef BERTH_SOURCES_NETNS_H
#define BERTH_SOURCES_NETNS_H

struct namespace;

/*
 * Call @run(@data) on a thread inside @netns and wait for it; the caller's own namespace never
 * changes. A netlink socket opened by @run stays in @netns, and /proc/thread-self/net and
 * /proc/sys/net are its. The own namespace (is_self) is run in place. What @run returned, or
 * -errno when the namespace could not be entered (-ENOENT: it is gone).
 */
int netns_run(const struct namespace *netns, int (*run)(void *data), void *data);

#endif
