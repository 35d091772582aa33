/* SPDX-License-Identifier: MIT */
/* Finding and entering network namespaces. */
#include "sources/world.h"
#include "base/auto.h"
#include "core/case.h"
#include "sources/attrs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct world_netns *world_find(const struct world *world, uint64_t inode)
{
	for (size_t i = 0; i < world->n; i++)
		if (world->all[i].inode == inode)
			return &world->all[i];
	return NULL;
}

static struct world_netns *add(struct world *world, const char *path)
{
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return NULL;
	struct world_netns *known = world_find(world, st.st_ino);
	if (known)
		return known;
	struct world_netns *netns = arena_push(&world->arena, &world->all, &world->n, &world->room,
					       sizeof(*netns));
	if (!netns)
		return NULL;
	netns->inode = st.st_ino;
	netns->fd = take_fd(&fd);
	netns->route = NETLINK_INIT;
	return netns;
}

static void add_named(struct world *world, const char *folder)
{
	struct stat own;
	const dev_t nsfs = stat("/proc/thread-self/ns/net", &own) ? 0 : own.st_dev;
	DIR *dir = opendir(folder);
	char path[512];

	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct stat st;
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		/* A name whose namespace is gone is an ordinary file of another file system. */
		if (stat(path, &st) || st.st_dev != nsfs)
			continue;
		struct world_netns *netns = add(world, path);
		if (netns && !netns->name)
			netns->name = arena_printf(&world->arena, "%s", entry->d_name);
	}
	closedir(dir);
}

static void add_of_processes(struct world *world)
{
	DIR *dir = opendir("/proc");
	char path[64];

	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct stat st;
		char *end;
		unsigned long pid = strtoul(entry->d_name, &end, 10);
		if (*end || !pid)
			continue;
		snprintf(path, sizeof(path), "/proc/%lu/ns/net", pid);
		if (stat(path, &st))
			continue;
		struct world_netns *netns = world_find(world, st.st_ino);
		if (!netns)
			netns = add(world, path);
		if (netns && !netns->pid)
			netns->pid = (uint32_t)pid;
	}
	closedir(dir);
}

int world_open(struct world *world, bool all)
{
	struct stat st;

	memset(world, 0, sizeof(*world));
	arena_init(&world->arena);
	struct world_netns *own = add(world, "/proc/thread-self/ns/net");
	if (!own) {
		own = arena_push(&world->arena, &world->all, &world->n, &world->room, sizeof(*own));
		if (!own)
			return -ENOMEM;
		own->fd = -1;
		own->route = NETLINK_INIT;
		if (!stat("/proc/thread-self/ns/net", &st))
			own->inode = st.st_ino;
	}
	own->is_self = true;
	if (all || !geteuid())
		add_named(world, "/run/netns");
	if (all)
		add_of_processes(world);
	else
		while (world->n > 1) /* only the name of the own one was wanted */
			close(world->all[--world->n].fd);
	return 0;
}

void world_close(struct world *world)
{
	for (size_t i = 0; i < world->n; i++) {
		counters_release(&world->all[i].before);
		netlink_close(&world->all[i].route);
		if (world->all[i].fd >= 0)
			close(world->all[i].fd);
	}
	arena_release(&world->arena);
	memset(world, 0, sizeof(*world));
}

int world_run(const struct world *world, const struct world_netns *netns, int (*run)(void *data),
	      void *data)
{
	if (netns->is_self)
		return run(data);
	if (netns->fd < 0 || world->all[0].fd < 0)
		return -EPERM;
	if (setns(netns->fd, CLONE_NEWNET))
		return -errno;
	int result = run(data);
	/* Going on in the wrong namespace would make every later answer wrong. */
	if (setns(world->all[0].fd, CLONE_NEWNET))
		abort();
	return result;
}

static int open_route(void *data)
{
	return netlink_open(data, NETLINK_ROUTE);
}

struct netlink *world_route(struct world *world, struct world_netns *netns)
{
	if (netns->route.fd < 0 && world_run(world, netns, open_route, &netns->route))
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

		if (world->all[i].fd < 0)
			continue;
		request->nlmsg_type = RTM_GETNSID;
		mnl_nlmsg_put_extra_header(request, sizeof(struct rtgenmsg));
		mnl_attr_put_u32(request, NETNSA_FD, (uint32_t)world->all[i].fd);
		if (!netlink_ask(nl, request, 0, &reader) && found == nsid)
			return &world->all[i];
	}
	return NULL;
}
