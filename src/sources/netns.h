/* SPDX-License-Identifier: MIT */
/* Finds the network namespaces of this machine and runs collections inside them. */
#ifndef BERTH_SOURCES_NETNS_H
#define BERTH_SOURCES_NETNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct namespace;
struct request;
struct snapshot;
struct source;

/* Adds the namespaces; those the request is about are .wanted. [0] is the own one. */
extern const struct source source_netns;

/* Is @request about every namespace of the machine? */
bool netns_all_wanted(const struct request *request);

/*
 * Call @run(@data) on a thread that may go to other namespaces and need not come back, and wait for
 * it. The caller's thread stays where it is: a user namespace of our own may not own the network
 * namespace we are in, and then there is no way back; and after setns(2) in the first thread the
 * process is one that lives there for "ip netns pids". What @run returned, or -errno without a
 * thread.
 */
int netns_apart(int (*run)(void *data), void *data);

/*
 * Call @run(@data) inside @netns, on another thread. A netlink socket opened by @run stays in
 * @netns, and /proc/thread-self/net and /proc/sys/net are its. The own namespace (is_self) is run
 * in place. What @run returned, or -errno when the namespace could not be entered (-ENOENT: it is
 * gone).
 */
int netns_run(const struct namespace *netns, int (*run)(void *data), void *data);

/*
 * Call @run for every wanted namespace of @snap, inside it, one after the other; with @err 0, or
 * outside with the -errno of entering it (a namespace that is gone is left out: it has nothing
 * left to tell). Ends at the first value below 0 that @run returns, and returns it. There is one
 * way back from all, or one thread, so this is faster than netns_run() for each.
 */
int netns_run_wanted(struct snapshot *snap, int (*run)(size_t index, int err, void *data),
		     void *data);

/* A descriptor of @netns, which the caller closes, or -errno (-ENOENT: it is gone). */
int netns_open(const struct namespace *netns);

/* Point .path of @netns to another process in it, or to nothing. 0, or -ENOENT: it is gone. */
int netns_find_again(struct snapshot *snap, struct namespace *netns);

/*
 * A descriptor of the namespace of socket @number of process @pid, which may live elsewhere itself;
 * the caller closes it. -errno without the right to borrow the socket.
 */
int netns_of_socket(uint32_t pid, int number);

/*
 * The inode of the network namespace that descriptor @number of process @pid stands for, where the
 * name it was opened by has been unmounted since: its link reads "/", as that of a root directory.
 * 0: it stands for something else.
 */
uint64_t netns_unmounted(uint32_t pid, int number);

#endif
