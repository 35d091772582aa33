/* SPDX-License-Identifier: MIT */
/* The network namespaces that may be looked at for a case, kept open, with a way to act in them. */
#ifndef BERTH_SOURCES_WORLD_H
#define BERTH_SOURCES_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sources/counters.h"
#include "sources/netlink.h"

struct namespace;
struct snapshot;

struct world_netns {
	uint64_t inode;
	int fd;		  /* kept open; -1: opened when needed, if that is allowed */
	const struct namespace *namespace; /* how it was found */
	const char *name; /* of "ip netns", a container, a process or a file; NULL: none */
	uint32_t pid;	  /* a process in it; 0: none seen */
	bool is_self;
	struct counters before;
	struct netlink route; /* NETLINK_ROUTE socket in it; .fd -1 until asked for */
};

struct world {
	struct world_netns *all; /* [0] is the own one */
	size_t n;
	struct snapshot *snap; /* owns the names and .namespace */
};

/*
 * The own namespace and, with @all, every one of the machine that sources/netns finds: with a name,
 * a process, or kept by a mount, an open file or a socket alone. 0 or -ENOMEM.
 */
int world_open(struct world *world, bool all);
void world_close(struct world *world);

struct world_netns *world_find(const struct world *world, uint64_t inode);

/*
 * Run @run(@data) inside @netns, as netns_run(). What @run returned, or -errno when it could not be
 * entered.
 */
int world_run(const struct world_netns *netns, int (*run)(void *data), void *data);

/* The NETLINK_ROUTE socket of a namespace, opened on first use; NULL when that fails. */
struct netlink *world_route(struct world *world, struct world_netns *netns);

/* The namespace that @netns knows by the number @nsid, or NULL. */
struct world_netns *world_by_nsid(struct world *world, struct world_netns *netns, int32_t nsid);

#endif
