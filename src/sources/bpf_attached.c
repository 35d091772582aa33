/* SPDX-License-Identifier: MIT */
/* bpf(2) queries: cgroups, tcx, netns, and a walk over links for netfilter. */
#include "sources/bpf_attached.h"
#include "base/auto.h"
#include "core/case.h"
#include "sources/tc_filters.h"
#include "sources/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MANY = 64 };

/* Newer than the oldest headers we build with; the numbers are ABI. */
enum { ATTACH_TCX_INGRESS = 46, ATTACH_TCX_EGRESS = 47, LINK_NETFILTER = 10 };

static int bpf(int command, void *attr, unsigned size)
{
	return (int)syscall(SYS_bpf, command, attr, size);
}

static const char *name_of(struct arena *arena, uint32_t id)
{
	union bpf_attr attr = {.prog_id = id};
	struct bpf_prog_info info = {};
	AUTO(closep) int fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));

	if (fd < 0)
		return "?";
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return "?";
	const char *name = arena_dup(arena, info.name, strnlen(info.name, sizeof(info.name)));
	return name && *name ? name : "(unnamed)";
}

static void add(struct arena *arena, struct place *place, uint32_t id, const char *where,
		const char *target)
{
	struct bpf_attachment *p = arena_push(arena, &place->programs, &place->n_programs,
					      &place->room_programs, sizeof(*p));
	if (!p)
		return;
	p->id = id;
	p->name = name_of(arena, id);
	p->where = where;
	p->target = target;
}

/* The programs at @target_fd or interface, for one kind of hook. */
static void query(struct arena *arena, struct place *place, uint32_t at, uint32_t type,
		  const char *where, const char *target)
{
	uint32_t ids[MANY] = {};
	union bpf_attr attr = {};

	attr.query.target_fd = at;
	attr.query.attach_type = type;
	attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	attr.query.prog_cnt = MANY;
	if (bpf(BPF_PROG_QUERY, &attr, sizeof(attr)))
		return;
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < MANY; i++)
		add(arena, place, ids[i], where, target);
}

enum { N_PACKET_HOOKS = 2 }; /* the first of these look at packets, the others at calls */

static const struct {
	uint32_t type;
	const char *where;
} cgroup_hooks[] = {
	{BPF_CGROUP_INET_INGRESS, "cgroup/ingress"},
	{BPF_CGROUP_INET_EGRESS, "cgroup/egress"},
	{BPF_CGROUP_INET_SOCK_CREATE, "cgroup/sock_create"},
	{BPF_CGROUP_INET4_BIND, "cgroup/bind4"},
	{BPF_CGROUP_INET6_BIND, "cgroup/bind6"},
	{BPF_CGROUP_INET4_CONNECT, "cgroup/connect4"},
	{BPF_CGROUP_INET6_CONNECT, "cgroup/connect6"},
	{BPF_CGROUP_INET4_POST_BIND, "cgroup/post_bind4"},
	{BPF_CGROUP_INET6_POST_BIND, "cgroup/post_bind6"},
	{BPF_CGROUP_UDP4_SENDMSG, "cgroup/sendmsg4"},
	{BPF_CGROUP_UDP6_SENDMSG, "cgroup/sendmsg6"},
	{BPF_CGROUP_UDP4_RECVMSG, "cgroup/recvmsg4"},
	{BPF_CGROUP_UDP6_RECVMSG, "cgroup/recvmsg6"},
	{BPF_CGROUP_SOCK_OPS, "cgroup/sock_ops"},
	{BPF_CGROUP_GETSOCKOPT, "cgroup/getsockopt"},
	{BPF_CGROUP_SETSOCKOPT, "cgroup/setsockopt"},
};

static bool find_cgroup2(char *at, size_t room)
{
	AUTO(fclosep) FILE *mounts = fopen("/proc/self/mounts", "re");
	char line[1024], where[512], type[32];

	while (mounts && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*s %511s %31s", where, type) == 2 && !strcmp(type, "cgroup2")) {
			snprintf(at, room, "%s", where);
			return true;
		}
	return false;
}

void bpf_attached_cgroup(struct arena *arena, struct place *place, const char *path,
			 bool packets_only)
{
	char folder[1600], mount[512];

	if (!path || !find_cgroup2(mount, sizeof(mount)))
		return;
	snprintf(folder, sizeof(folder), "%s%s", mount, path);
	for (;;) {
		AUTO(closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		const char *name = arena_printf(arena, "%s", folder);
		const size_t n_hooks = packets_only ? N_PACKET_HOOKS : N_ELEMENTS(cgroup_hooks);
		for (size_t i = 0; fd >= 0 && name && i < n_hooks; i++)
			query(arena, place, (uint32_t)fd, cgroup_hooks[i].type,
			      cgroup_hooks[i].where, name);
		char *slash = strrchr(folder, '/');
		if (!slash || (size_t)(slash - folder) < strlen(mount))
			break;
		*slash = '\0';
	}
}

struct inside {
	struct arena *arena;
	struct place *place;
	const struct world_netns *netns;
};

/* This very program, here or started by somebody else: it has links open only to look at them. */
static bool is_berth(const char *pid)
{
	char path[300], own[300], its[300];

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	ssize_t a = readlink("/proc/self/exe", own, sizeof(own));
	ssize_t b = readlink(path, its, sizeof(its));
	return a > 0 && a == b && !memcmp(own, its, (size_t)a);
}

/* Who has the link with this id open: /proc/PID/fdinfo says "link_id:". 0: nobody, it is pinned. */
static uint32_t link_holder(uint32_t link)
{
	char path[600], line[128];
	DIR *proc = opendir("/proc");
	uint32_t found = 0;

	for (struct dirent *p; proc && !found && (p = readdir(proc));) {
		if (p->d_name[0] < '1' || p->d_name[0] > '9' || is_berth(p->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fdinfo", p->d_name);
		DIR *fds = opendir(path);
		for (struct dirent *f; fds && !found && (f = readdir(fds));) {
			snprintf(path, sizeof(path), "/proc/%s/fd/%s", p->d_name, f->d_name);
			ssize_t len = readlink(path, line, sizeof(line) - 1);
			line[len > 0 ? len : 0] = '\0';
			if (strncmp(line, "anon_inode:bpf", 14) != 0)
				continue;
			snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", p->d_name, f->d_name);
			FILE *info = fopen(path, "re");
			unsigned id = 0;
			while (info && fgets(line, sizeof(line), info))
				if (sscanf(line, "link_id: %u", &id) == 1 && id == link)
					found = (uint32_t)atoi(p->d_name);
			if (info)
				fclose(info);
		}
		if (fds)
			closedir(fds);
	}
	if (proc)
		closedir(proc);
	return found;
}

static uint64_t netns_of_process(uint32_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	return pid && !stat(path, &st) ? st.st_ino : 0;
}

/*
 * A netfilter link does not say in which namespace it acts; the program that made it most likely
 * did so for its own. What a rule concludes from it is therefore never more than likely.
 */
static void walk_links(struct inside *in)
{
	static const char *const hooks[] = {"prerouting", "input", "forward", "output",
					    "postrouting"};
	union bpf_attr attr = {};

	for (;;) {
		if (bpf(BPF_LINK_GET_NEXT_ID, &attr, sizeof(attr)))
			return;
		uint32_t id = attr.next_id;
		union bpf_attr get = {.link_id = id};
		AUTO(closep) int fd = bpf(BPF_LINK_GET_FD_BY_ID, &get, sizeof(get));
		struct { /* struct bpf_link_info since 6.4, as far as needed */
			uint32_t type, id, prog_id, pad;
			uint32_t pf, hooknum;
			int32_t priority;
			uint32_t flags;
			uint8_t rest[128];
		} info = {};
		union bpf_attr ask = {};
		ask.info.bpf_fd = (uint32_t)fd;
		ask.info.info_len = sizeof(info);
		ask.info.info = (uint64_t)(uintptr_t)&info;
		if (fd >= 0 && !bpf(BPF_OBJ_GET_INFO_BY_FD, &ask, sizeof(ask)) &&
		    info.type == LINK_NETFILTER && info.hooknum < N_ELEMENTS(hooks) &&
		    netns_of_process(link_holder(id)) == in->place->netns)
			add(in->arena, in->place, info.prog_id,
			    info.pf == 10 ? "netfilter/ip6" : "netfilter/ip", hooks[info.hooknum]);
		memset(&attr, 0, sizeof(attr));
		attr.start_id = id;
	}
}

static int look(void *data)
{
	struct inside *in = data;
	struct place *place = in->place;

	for (size_t i = 0; i < place->n_links; i++) {
		const struct link_facts *l = &place->links[i];
		if (l->xdp_id)
			add(in->arena, place, l->xdp_id, "xdp", l->name);
		query(in->arena, place, l->index, ATTACH_TCX_INGRESS, "tcx/ingress", l->name);
		query(in->arena, place, l->index, ATTACH_TCX_EGRESS, "tcx/egress", l->name);
		tc_filters_collect(in->arena, place, l);
	}
	AUTO(closep) int netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (netns >= 0) {
		query(in->arena, place, (uint32_t)netns, BPF_SK_LOOKUP, "sk_lookup", "netns");
		query(in->arena, place, (uint32_t)netns, BPF_FLOW_DISSECTOR, "flow_dissector",
		      "netns");
	}
	walk_links(in);
	place->known |= PLACE_BPF;
	return 0;
}

void bpf_attached_collect(struct world *world, const struct world_netns *netns,
			  struct arena *arena, struct place *place)
{
	struct inside in = {arena, place, netns};

	if (!(place->known & PLACE_BPF))
		world_run(netns, look, &in);
}
