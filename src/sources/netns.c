/* SPDX-License-Identifier: MIT */
/*
 * The network namespaces that have a name or a process. One that lives by an open file descriptor
 * or a socket alone is not found here.
 */
#include "sources/netns.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/proc_dir.h"
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
	uint32_t processes, unreadable;
	uint64_t last; /* inode met before: neighbours mostly share it */
};

static struct namespace *by_inode(const struct snapshot *snap, uint64_t inode)
{
	for (size_t i = 0; i < snap->n_namespaces; i++)
		if (snap->namespaces[i].inode == inode)
			return &snap->namespaces[i];
	return NULL;
}

static struct namespace *add(struct snapshot *snap, uint64_t inode, const char *name,
			     const char *path)
{
	struct namespace *netns = snapshot_add_namespace(snap);

	if (!netns)
		return NULL;
	netns->inode = inode;
	netns->name = arena_dup(&snap->arena, name, strlen(name));
	netns->path = path ? arena_dup(&snap->arena, path, strlen(path)) : NULL;
	if (netns->name && (netns->path || !path))
		return netns;
	snap->n_namespaces--;
	return NULL;
}

static int add_self(struct snapshot *snap)
{
	struct stat st = {};

	if (stat("/proc/thread-self/ns/net", &st) < 0 && stat("/proc/self/ns/net", &st) < 0)
		st.st_ino = 0;
	struct namespace *self = add(snap, st.st_ino, "self", NULL);
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
	struct namespace *known = by_inode(snap, st.st_ino);
	if (!known)
		return add(snap, st.st_ino, name, path) ? 0 : -ENOMEM;
	if (!known->is_self)
		return 0;
	const char *copy = arena_dup(&snap->arena, name, strlen(name));
	known->name = copy ? copy : known->name;
	return 0;
}

static int add_all_named(struct snapshot *snap)
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

/* "nginx/1234": the first process met in a namespace without a name stands for it. */
static int add_process(struct snapshot *snap, uint32_t pid, uint64_t inode)
{
	char path[40], name[64], comm[32] = "";

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/comm", pid);
	long len = proc_dir_read(AT_FDCWD, path, comm, sizeof(comm));
	comm[len > 0 ? len - 1 : 0] = '\0'; /* its newline */
	snprintf(name, sizeof(name), "%s/%" PRIu32, comm, pid);
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/ns/net", pid);
	struct namespace *netns = add(snap, inode, name, path);
	if (!netns)
		return -ENOMEM;
	netns->pid = pid;
	return 0;
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

	found->processes++;
	found->unreadable += err == -EACCES || err == -EPERM;
	if (err || inode == found->last)
		return 0;
	found->last = inode;
	struct namespace *known = by_inode(found->snap, inode);
	if (!known)
		return add_process(found->snap, pid, inode);
	if (!known->pid)
		known->pid = pid;
	return 0;
}

static int visit_processes(struct found *found)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	uint64_t pid;
	int err = 0;

	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir)))
		if (parse_u64(entry->d_name, INT32_MAX, &pid))
			err = visit_process(found, dirfd(dir), (uint32_t)pid);
	closedir(dir);
	return err;
}

int netns_find_again(struct snapshot *snap, struct namespace *netns)
{
	AUTO(closedirp) DIR *dir = opendir("/proc");
	const struct dirent *entry;
	uint64_t pid, inode = 0;

	netns->path = NULL;
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

static int add_coverage(const struct found *found, bool all)
{
	struct snapshot *snap = found->snap;
	struct coverage *coverage = snapshot_add_coverage(snap);
	uint32_t others = (uint32_t)snap->n_namespaces - 1;

	if (!coverage)
		return -ENOMEM;
	*coverage = (struct coverage){.source = "netns", .how = "/proc/PID/ns/net",
				      .level = COVERAGE_FULL,
				      .seen = all ? others + 1 : 1, .total = others + 1};
	if (found->unreadable)
		coverage->what = arena_printf(&snap->arena,
			"the network namespaces of %" PRIu32 " of %" PRIu32 " processes",
			found->unreadable, found->processes);
	if (others && !all)
		coverage->what = arena_printf(&snap->arena,
			"the sockets of %" PRIu32 " other network namespace%s%s", others,
			others > 1 ? "s" : "", found->unreadable ? " or more" : "");
	if (coverage->what) {
		coverage->level = COVERAGE_PARTIAL;
		coverage->needs = all ? "ptrace access to them (they have more rights than this root)"
				      : "root, or CAP_SYS_ADMIN and CAP_SYS_PTRACE";
	}
	return 0;
}

static int collect_many(struct snapshot *snap, bool all)
{
	struct found found = {.snap = snap, .last = snap->namespaces[0].inode};
	int err = add_all_named(snap);

	if (!err)
		err = visit_processes(&found);
	snap->namespaces[0].wanted = true;
	for (size_t i = 0; all && i < snap->n_namespaces; i++)
		snap->namespaces[i].wanted = true;
	return err ? err : add_coverage(&found, all);
}

/* The namespace of the process @pid: -ENOENT if there is none, -EACCES if we may not look. */
static int find_pid(struct snapshot *snap, uint32_t pid, struct namespace **ret)
{
	char path[40];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/ns/net", pid);
	if (stat(path, &st) < 0)
		return -errno;
	int err = by_inode(snap, st.st_ino) ? 0 : add_process(snap, pid, st.st_ino);
	*ret = by_inode(snap, st.st_ino);
	return err;
}

static struct namespace *find_word(const struct snapshot *snap, const char *word, uint64_t inode)
{
	if (!strcmp(word, "self"))
		return &snap->namespaces[0];
	for (size_t i = 0; i < snap->n_namespaces; i++)
		if (!strcmp(snap->namespaces[i].name, word))
			return &snap->namespaces[i];
	return inode ? by_inode(snap, inode) : NULL;
}

/* @word as `ip netns` and our own output write it, a pid, or an inode. */
static int collect_one(struct snapshot *snap, const char *word)
{
	struct found found = {.snap = snap, .last = snap->namespaces[0].inode};
	struct namespace *netns = NULL;
	uint64_t number = 0;
	int err = add_all_named(snap);

	if (err)
		return err;
	netns = find_word(snap, word, 0);
	if (!netns && parse_u64(word, UINT64_MAX, &number) && number <= INT32_MAX)
		err = find_pid(snap, (uint32_t)number, &netns);
	if (err && err != -ENOENT)
		return err;
	if (!netns) {
		err = visit_processes(&found);
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
		return collect_one(snap, request->netns ? request->netns : "self");
	case NETNS_ALL:
		return collect_many(snap, true);
	case NETNS_DEFAULT:
		return collect_many(snap, has_capability(CAP_SYS_ADMIN));
	}
	return -EINVAL;
}

/* Where the other ends of the sockets asked about may be. */
static int add_beside(struct snapshot *snap)
{
	struct found found = {.snap = snap, .last = snap->namespaces[0].inode};
	int err = add_all_named(snap);

	if (!err)
		err = visit_processes(&found);
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
		err = add_beside(snap);
	return err;
}

const struct source source_netns = {
	.name = "netns",
	.provides = UINT32_MAX, /* all others ask which namespaces the question is about */
	.collect = netns_collect,
};
