/* SPDX-License-Identifier: MIT */
/*
 * The network namespaces that the question is about: those with a name or a process; what lives by
 * less is found by sources/netns_search.c.
 */
#include "sources/netns.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/containers.h"
#include "sources/netns_coverage.h"
#include "sources/netns_kernel.h"
#include "sources/netns_label.h"
#include "sources/netns_search.h"
#include "sources/proc_dir.h"
#include "sources/proc_pids.h"
#include "sources/sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { PATH_SIZE = 320 };

/* Where names are kept: files that are bind mounts of the namespace. */
static const char *const name_dirs[] = {"/run/netns", "/run/docker/netns"};

static bool has_capability(unsigned number)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {};

	return !syscall(SYS_capget, &head, data) &&
	       data[number / 32].effective & 1u << number % 32;
}

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* What a walk over processes met. */
struct found {
	struct snapshot *snap;
	struct netns_asked asked;
	uint64_t last; /* inode met before: neighbours mostly share it */
	struct containers containers; /* asked for names */
};

static int add_self(struct snapshot *snap)
{
	struct stat st = {};

	if (stat("/proc/thread-self/ns/net", &st) < 0 && stat("/proc/self/ns/net", &st) < 0)
		st.st_ino = 0;
	struct namespace *self = netns_add(snap, st.st_ino, "self", NULL);
	if (!self)
		return -ENOMEM;
	self->pid = (uint32_t)getpid();
	self->is_self = true;
	return 0;
}

static int add_named(struct snapshot *snap, const char *dir, const char *name)
{
	char path[PATH_SIZE];
	struct stat st, parent;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return 0;
	/* A leftover of a namespace that was unmounted is a plain file of the directory's device. */
	if (stat(path, &st) < 0 || stat(dir, &parent) < 0 || st.st_dev == parent.st_dev)
		return 0;
	struct namespace *known = netns_by_inode(snap, st.st_ino);
	if (!known)
		return netns_add(snap, st.st_ino, name, path) ? 0 : -ENOMEM;
	if (!known->is_self)
		return 0;
	const char *copy = arena_dup(&snap->arena, name, strlen(name));
	known->name = copy ? copy : known->name;
	return 0;
}

int netns_add_named(struct snapshot *snap)
{
	for (size_t i = 0; i < N_ELEMENTS(name_dirs); i++) {
		DIR *dir = opendir(name_dirs[i]);
		const struct dirent *entry;
		int err = 0;
		if (!dir)
			continue;
		while (!err && (entry = readdir(dir)))
			if (entry->d_name[0] != '.')
				err = add_named(snap, name_dirs[i], entry->d_name);
		closedir(dir);
		if (err)
			return err;
	}
	return 0;
}

/* The first process met in a namespace without a name stands for it. */
static int add_process(struct found *found, uint32_t pid, uint64_t inode)
{
	char path[40];
	const char *name = netns_label(found->snap, &found->containers, pid);

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/ns/net", pid);
	struct namespace *netns = name ? netns_add(found->snap, inode, name, path) : NULL;
	if (!netns)
		return -ENOMEM;
	netns->pid = pid;
	return 0;
}

/* docker's names for namespaces are numbers of its own: the container's name says more. */
static void rename_docker(struct found *found, struct namespace *netns, uint32_t pid)
{
	const size_t len = strlen(name_dirs[1]);
	const char *name = netns->path && !strncmp(netns->path, name_dirs[1], len)
				   ? netns_label(found->snap, &found->containers, pid)
				   : NULL;

	netns->pid = pid;
	if (name)
		netns->name = name;
}

/* The inode of the process's namespace. 0 or -errno. */
static int inode_of(int proc, uint32_t pid, uint64_t *ret)
{
	char path[32], link[64];

	snprintf(path, sizeof(path), "%" PRIu32 "/ns/net", pid);
	ssize_t len = readlinkat(proc, path, link, sizeof(link) - 1);
	if (len < 0)
		return -errno;
	link[len] = '\0';
	*ret = 0;
	return sscanf(link, "net:[%" SCNu64 "]", ret) == 1 ? 0 : -EBADMSG;
}

static int visit_process(struct found *found, int proc, uint32_t pid)
{
	uint64_t inode = 0;
	int err = inode_of(proc, pid, &inode);

	found->asked.processes++;
	found->asked.unreadable += err == -EACCES || err == -EPERM;
	if (err || inode == found->last)
		return 0;
	found->last = inode;
	struct namespace *known = netns_by_inode(found->snap, inode);
	if (!known)
		return add_process(found, pid, inode);
	if (!known->pid)
		rename_docker(found, known, pid);
	return 0;
}

static int visit_processes(struct found *found)
{
	AUTO(pid_list_release) struct pid_list pids = {0}, kernel = {0};
	AUTO(closep) int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (proc < 0 || pid_list_read(&pids, "/proc"))
		return 0;
	/* Kernel threads live where kthreadd does, which is asked. */
	int err = pid_list_split(&pids, &kernel);
	for (size_t i = 0; i < pids.n && !err; i++)
		err = visit_process(found, proc, pids.pids[i]);
	return err;
}

int netns_find_again(struct snapshot *snap, struct namespace *netns)
{
	AUTO(closedirp) DIR *dir = opendir("/proc");
	const struct dirent *entry;
	uint64_t pid, inode = 0;

	netns->path = NULL;
	netns->by_socket = false;
	while (dir && (entry = readdir(dir))) {
		if (!parse_u64(entry->d_name, INT32_MAX, &pid) ||
		    inode_of(dirfd(dir), (uint32_t)pid, &inode) || inode != netns->inode)
			continue;
		netns->path = arena_printf(&snap->arena, "/proc/%" PRIu64 "/ns/net", pid);
		netns->pid = (uint32_t)pid;
		return 0;
	}
	return -ENOENT;
}

bool netns_all_wanted(const struct request *request)
{
	return request->netns_choice == NETNS_ALL ||
	       (request->netns_choice == NETNS_DEFAULT && has_capability(CAP_SYS_ADMIN));
}

/* The kernel's own list, unless another source was asked for. -errno: without it. */
static int open_list(const struct request *request)
{
	return request->source && strcmp(request->source, "bpf") != 0 ? -EPERM : netns_kernel_open();
}

static int find_all(struct found *found, const struct request *request,
		    enum netns_certainty *ret_certainty)
{
	const uint32_t flags =
		request->netns_choice == NETNS_ALL ? NETNS_SEARCH_THOROUGH : 0;
	AUTO(closep) int list = open_list(request);

	/* Mostly there is no other: then no process needs to be asked where it lives. */
	if (found->snap->n_namespaces == 1 && netns_kernel_is_only(list)) {
		*ret_certainty = NETNS_ALL_KNOWN;
		return 0;
	}
	int err = visit_processes(found);
	return err ? err : netns_search(found->snap, list, flags, ret_certainty);
}

static int collect_many(struct snapshot *snap, const struct request *request)
{
	const bool all = netns_all_wanted(request);
	struct found found = {.snap = snap, .last = snap->namespaces[0].inode};
	enum netns_certainty certainty = NETNS_NOT_SEARCHED;
	int err = netns_add_named(snap);

	if (!err)
		err = all ? find_all(&found, request, &certainty) : visit_processes(&found);
	snap->namespaces[0].wanted = true;
	for (size_t i = 0; all && i < snap->n_namespaces; i++)
		snap->namespaces[i].wanted = true;
	return err ? err : netns_add_coverage(snap, &found.asked, all, certainty);
}

/* The namespace of the process @pid: -ENOENT if there is none, -EACCES if we may not look. */
static int find_pid(struct found *found, uint32_t pid, struct namespace **ret)
{
	struct snapshot *snap = found->snap;
	char path[40];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/ns/net", pid);
	if (stat(path, &st) < 0)
		return -errno;
	int err = netns_by_inode(snap, st.st_ino) ? 0 : add_process(found, pid, st.st_ino);
	*ret = netns_by_inode(snap, st.st_ino);
	return err;
}

static struct namespace *find_word(const struct snapshot *snap, const char *word, uint64_t inode)
{
	if (!strcmp(word, "self"))
		return &snap->namespaces[0];
	for (size_t i = 0; i < snap->n_namespaces; i++)
		if (!strcmp(snap->namespaces[i].name, word))
			return &snap->namespaces[i];
	return inode ? netns_by_inode(snap, inode) : NULL;
}

/* @word as `ip netns` and our own output write it, a pid, or an inode. */
static int collect_one(struct snapshot *snap, const struct request *request)
{
	const char *word = request->netns ? request->netns : "self";
	struct found found = {.snap = snap, .last = snap->namespaces[0].inode};
	struct namespace *netns = NULL;
	uint64_t number = 0;
	enum netns_certainty certainty;
	int err = netns_add_named(snap);

	if (err)
		return err;
	netns = find_word(snap, word, 0);
	if (!netns)
		netns = netns_by_file(snap, word);
	if (!netns && parse_u64(word, UINT64_MAX, &number) && number <= INT32_MAX)
		err = find_pid(&found, (uint32_t)number, &netns);
	if (err && err != -ENOENT)
		return err;
	if (!netns) {
		err = visit_processes(&found);
		netns = err ? NULL : find_word(snap, word, number);
	}
	if (!err && !netns) {
		AUTO(closep) int list = open_list(request);
		err = netns_search(snap, list, NETNS_SEARCH_THOROUGH | NETNS_SEARCH_NAMES,
				   &certainty);
		netns = err ? NULL : find_word(snap, word, number);
	}
	if (!netns)
		return err ? err : -ENOENT;
	netns->wanted = true;
	return 0;
}

static int collect_chosen(struct snapshot *snap, const struct request *request)
{
	switch (request->netns_choice) {
	case NETNS_SELF:
		snap->namespaces[0].wanted = true;
		return 0;
	case NETNS_ONE:
		return collect_one(snap, request);
	case NETNS_ALL:
	case NETNS_DEFAULT:
		return collect_many(snap, request);
	}
	return -EINVAL;
}

/* Where the other ends of the sockets asked about may be. */
static int add_beside(struct snapshot *snap, const struct request *request)
{
	struct found found = {.snap = snap, .last = snap->namespaces[0].inode};
	enum netns_certainty certainty;
	int err = netns_add_named(snap);

	if (!err)
		err = find_all(&found, request, &certainty);
	for (size_t i = 0; i < snap->n_namespaces; i++) {
		struct namespace *netns = &snap->namespaces[i];
		netns->beside = !netns->wanted;
		netns->wanted = true;
	}
	return err;
}

static int netns_collect(struct snapshot *snap, const struct request *request)
{
	int err = add_self(snap);

	if (!err)
		err = collect_chosen(snap, request);
	if (!err && request->facts & FACT_PAIRS && has_capability(CAP_SYS_ADMIN))
		err = add_beside(snap, request);
	return err;
}

const struct source source_netns = {
	.name = "netns",
	.provides = UINT32_MAX, /* all others ask which namespaces the question is about */
	.collect = netns_collect,
};
