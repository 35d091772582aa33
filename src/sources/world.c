/* SPDX-License-Identifier: MIT */
/* Keeping network namespaces open and entering them; sources/netns finds them. */
#include "sources/world.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/attrs.h"
#include "sources/netns.h"
#include "sources/netns_search.h"
#include "sources/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More are opened one at a time: descriptors are few, and the command that is watched has them too. */
enum { MAX_OPEN = 256 };

struct world_netns *world_find(const struct world *world, uint64_t inode)
{
	for (size_t i = 0; i < world->n; i++)
		if (world->all[i].inode == inode)
			return &world->all[i];
	return NULL;
}

static void take_namespace(struct world *world, const struct namespace *namespace)
{
	struct world_netns *netns = &world->all[world->n];
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, namespace->inode);
	*netns = (struct world_netns){.inode = namespace->inode,
				      .fd = -1,
				      .namespace = namespace,
				      .pid = namespace->pid,
				      .is_self = namespace->is_self,
				      .route = NETLINK_INIT};
	if (strcmp(namespace->name, number) != 0 &&
	    (!namespace->is_self || strcmp(namespace->name, "self") != 0))
		netns->name = namespace->name;
	if (namespace->is_self)
		netns->fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	else if (world->n < MAX_OPEN)
		netns->fd = netns_open(namespace);
	if (netns->fd < 0)
		netns->fd = -1;
	world->n++;
}

/* Without the right to enter others source_netns finds the own one only. */
static int find_namespaces(struct snapshot *snap, bool all)
{
	const struct request request = {.netns_choice = all ? NETNS_DEFAULT : NETNS_SELF};
	const int err = source_netns.collect(snap, &request);

	return err || all || geteuid() ? err : netns_add_named(snap); /* the own name */
}

int world_open(struct world *world, bool all)
{
	*world = (struct world){.snap = snapshot_new()};
	if (!world->snap)
		return -ENOMEM;
	const int err = find_namespaces(world->snap, all);
	struct world_netns *room = err ? NULL : calloc(world->snap->n_namespaces, sizeof(*room));
	if (!room) {
		world_close(world);
		return err ? err : -ENOMEM;
	}
	world->all = room;
	for (size_t i = 0; i < world->snap->n_namespaces; i++)
		if (world->snap->namespaces[i].wanted)
			take_namespace(world, &world->snap->namespaces[i]);
	return 0;
}

void world_close(struct world *world)
{
	for (size_t i = 0; i < world->n; i++) {
		counters_release(&world->all[i].before);
		netlink_close(&world->all[i].route);
		closep(&world->all[i].fd);
	}
	free(world->all);
	snapshot_free(world->snap);
	*world = (struct world){};
}

/* Its descriptor, and in @ret_close the same if it is not one that is kept (else -1). */
static int descriptor(const struct world_netns *netns, int *ret_close)
{
	const int fd = netns->fd >= 0 || netns->is_self ? netns->fd : netns_open(netns->namespace);

	*ret_close = fd >= 0 && fd != netns->fd ? fd : -1;
	return fd;
}

struct stay {
	int fd;
	int (*run)(void *data);
	void *data;
};

static int run_there(void *data)
{
	const struct stay *stay = data;

	return setns(stay->fd, CLONE_NEWNET) ? -errno : stay->run(stay->data);
}

int world_run(const struct world_netns *netns, int (*run)(void *data), void *data)
{
	AUTO(closep) int lent = -1;

	if (netns->is_self)
		return run(data);
	struct stay stay = {descriptor(netns, &lent), run, data};
	return stay.fd < 0 ? stay.fd : netns_apart(run_there, &stay);
}

static int open_route(void *data)
{
	return netlink_open(data, NETLINK_ROUTE);
}

struct netlink *world_route(struct world *world, struct world_netns *netns)
{
	if (netns->route.fd < 0 && world_run(netns, open_route, &netns->route))
		return NULL;
	return &netns->route;
}

static int read_nsid(const struct nlmsghdr *msg, void *data)
{
	struct attrs attrs;

	attrs_of_message(msg, sizeof(struct rtgenmsg), &attrs);
	*(int32_t *)data = (int32_t)attr_number(&attrs, NETNSA_NSID, (uint32_t)-1);
	return 0;
}

struct world_netns *world_by_nsid(struct world *world, struct world_netns *netns, int32_t nsid)
{
	struct netlink *nl = nsid >= 0 ? world_route(world, netns) : NULL;

	for (size_t i = 0; nl && i < world->n; i++) {
		_Alignas(8) char buffer[128] = {};
		struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
		int32_t found = -1;
		struct netlink_reader reader = {.message = read_nsid, .data = &found};
		AUTO(closep) int lent = -1;
		const int fd = descriptor(&world->all[i], &lent);

		if (fd < 0)
			continue;
		request->nlmsg_type = RTM_GETNSID;
		mnl_nlmsg_put_extra_header(request, sizeof(struct rtgenmsg));
		mnl_attr_put_u32(request, NETNSA_FD, (uint32_t)fd);
		if (!netlink_ask(nl, request, 0, &reader) && found == nsid)
			return &world->all[i];
	}
	return NULL;
}
