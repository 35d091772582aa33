/* SPDX-License-Identifier: MIT */
/*
 * More about the processes that hold sockets: program, arguments, namespaces, unit, container, and
 * their parents up to the first process, so that it can be told how they came to be.
 */
#include "base/auto.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/cgroups.h"
#include "sources/proc_dir.h"
#include "sources/proc_pids.h"
#include "sources/proc_stat.h"
#include "sources/sources.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a command line; longer ones are cut. */
enum { CMDLINE_BYTES = 4096 };

static const char *read_exe(struct snapshot *snap, int dir)
{
	char text[PATH_MAX];
	ssize_t len = readlinkat(dir, "exe", text, sizeof(text));

	return len > 0 ? arena_dup(&snap->arena, text, (size_t)len) : NULL;
}

/* The arguments are separated, and mostly ended, by NUL. */
static const char *read_cmdline(struct snapshot *snap, int dir)
{
	char text[CMDLINE_BYTES];
	long len = proc_dir_read(dir, "cmdline", text, sizeof(text));

	while (len > 0 && !text[len - 1])
		len--;
	if (len <= 0)
		return NULL; /* a kernel thread or a zombie */
	for (long i = 0; i < len; i++)
		if (!text[i])
			text[i] = ' ';
	return arena_dup(&snap->arena, text, (size_t)len);
}

static const char *piece_dup(struct snapshot *snap, struct piece piece)
{
	return piece.len ? arena_dup(&snap->arena, piece.text, piece.len) : NULL;
}

static void fill_cgroup(struct snapshot *snap, int dir, struct proc *proc)
{
	char text[16 * 1024];
	struct cgroup_facts facts;
	long len = proc_dir_read(dir, "cgroup", text, sizeof(text));

	if (len <= 0)
		return;
	struct piece path = cgroup_path(text, (size_t)len);
	cgroup_parse(path.text, path.len, &facts);
	proc->cgroup = piece_dup(snap, path);
	proc->unit = piece_dup(snap, facts.unit);
	proc->slice = piece_dup(snap, facts.slice);
	proc->container = piece_dup(snap, facts.container);
	proc->manager = (uint8_t)facts.manager;
	char *pod = facts.pod.len ? arena_dup(&snap->arena, facts.pod.text, facts.pod.len) : NULL;
	for (char *c = pod; c && *c; c++)
		if (*c == '_')
			*c = '-'; /* systemd's slices may not hold "-" within a level */
	proc->pod = pod;
}

static void fill_namespaces(int dir, struct proc *proc)
{
	if (!proc->netns_inode)
		proc->netns_inode = proc_dir_link_number(dir, "ns/net");
	if (!proc->pidns_inode)
		proc->pidns_inode = proc_dir_link_number(dir, "ns/pid");
	if (!proc->userns_inode)
		proc->userns_inode = proc_dir_link_number(dir, "ns/user");
}

/* The uid @uid of the reader's as the namespace of @dir's process counts (user_namespaces(7)). */
static void fill_uid(int dir, struct proc *proc, uint64_t own_userns)
{
	char text[4096];
	unsigned first, outer, n;
	int used;

	if (!proc->userns_inode || proc->userns_inode == own_userns ||
	    proc_dir_read(dir, "uid_map", text, sizeof(text)) <= 0)
		return;
	for (const char *at = text; sscanf(at, "%u %u %u%n", &first, &outer, &n, &used) == 3;
	     at += used)
		if (proc->uid >= outer && proc->uid - outer < n) {
			proc->uid_inner = first + (proc->uid - outer);
			proc->has_uid_inner = true;
		}
}

static uint64_t own_userns(void)
{
	AUTO(closep) int dir = proc_dir_open((uint32_t)getpid());

	return dir < 0 ? 0 : proc_dir_link_number(dir, "ns/user");
}

/* Fill snap->procs[@nth], known by pid and start. A process that is gone stays as it is. */
static void fill_proc(struct snapshot *snap, size_t nth, uint64_t userns)
{
	struct proc *proc = &snap->procs[nth];
	AUTO(closep) int dir = proc_dir_open(proc->pid);
	const uint64_t start = proc->start_ticks;
	const uint32_t inner = proc->pid_inner;
	struct proc now = *proc;

	if (dir < 0 || proc_dir_fill(snap, dir, "", &now))
		return;
	if (start && now.start_ticks != start)
		return; /* another process has the number now */
	*proc = now;
	if (inner)
		proc->pid_inner = inner;
	proc->exe = read_exe(snap, dir);
	proc->cmdline = read_cmdline(snap, dir);
	fill_cgroup(snap, dir, proc);
	fill_namespaces(dir, proc);
	fill_uid(dir, proc, userns);
}

static int compare_pids(const void *left, const void *right)
{
	const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* Add those of @pids that are not known yet, in ascending order, once each. */
static int add_unknown(struct snapshot *snap, uint32_t *pids, size_t n)
{
	uint32_t last = 0;

	qsort(pids, n, sizeof(*pids), compare_pids);
	for (size_t i = 0; i < n; i++) {
		if (pids[i] == last || snapshot_proc_by_pid(snap, pids[i]))
			continue;
		last = pids[i];
		struct proc *proc = snapshot_add_proc(snap);
		if (!proc)
			return -ENOMEM;
		proc->pid = last;
	}
	return 0;
}

/* Those from @first on that nobody ever saw alive go; no owner speaks of them. */
static void drop_unseen(struct snapshot *snap, size_t first)
{
	size_t n = first;

	for (size_t i = first; i < snap->n_procs; i++)
		if (snap->procs[i].state)
			snap->procs[n++] = snap->procs[i];
	snap->n_procs = n;
}

/* Add the parents of the processes from @first on. */
static int add_parents(struct snapshot *snap, size_t first)
{
	const size_t n = snap->n_procs - first;
	uint32_t *pids = calloc(n ? n : 1, sizeof(*pids));
	int err = pids ? snapshot_index_pids(snap) : -ENOMEM;

	for (size_t i = 0; !err && i < n; i++)
		pids[i] = snap->procs[first + i].parent;
	if (!err)
		err = add_unknown(snap, pids, n);
	free(pids);
	return err;
}

static int add_all(struct snapshot *snap)
{
	AUTO(pid_list_release) struct pid_list pids = {0};
	int err = pid_list_read(&pids, "/proc");

	if (err)
		return err == -ENOMEM ? err : 0; /* the source of owners has said so */
	err = snapshot_index_pids(snap);
	return err ? err : add_unknown(snap, pids.pids, pids.n);
}

static int processes_collect(struct snapshot *snap, const struct request *request)
{
	const size_t n_holders = snap->n_procs;
	const uint64_t userns = own_userns();
	int err = request->facts & FACT_ALL_PROCESSES ? add_all(snap) : 0;

	/* Each round fills what is new and adds its parents; the depth of the tree ends it. */
	for (size_t first = 0; !err && first < snap->n_procs;) {
		for (size_t i = first; i < snap->n_procs; i++)
			fill_proc(snap, i, userns);
		drop_unseen(snap, first > n_holders ? first : n_holders);
		const size_t n = snap->n_procs;
		err = add_parents(snap, first);
		first = n;
	}
	return err;
}

const struct source source_processes = {
	.name = "processes",
	.provides = FACT_PROCESSES | FACT_ALL_PROCESSES,
	.collect = processes_collect,
};
