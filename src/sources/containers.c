/* SPDX-License-Identifier: MIT */
/*
 * Where a container's runtime keeps its state is told by the monitor above its processes (conmon,
 * containerd-shim), which also finds rootless ones and those in unusual places; else the usual
 * places are tried.
 */
#include "sources/containers.h"
#include "base/auto.h"
#include "base/clock.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/container_facts.h"
#include "sources/container_files.h"
#include "sources/proc_dir.h"
#include "sources/sources.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LIMIT_MS = 150, MAX_DEPTH = 16, CMDLINE_BYTES = 8192, PASSWD_BYTES = 4096,
       SHORT_ID = 12 };

/* What a monitor's arguments tell; texts in the snapshot's arena, or NULL. */
struct monitor {
	uint32_t uid;
	const char *id;
	const char *name;   /* conmon -n */
	const char *bundle; /* conmon -b: where config.json is */
	const char *state;  /* containerd's directory, by the shim's -address */
	const char *space;  /* containerd's namespace: "k8s.io", "moby", "default" */
};

static const char *option(struct snapshot *snap, const char *cmdline, const char *name)
{
	const char *at = NULL;
	const size_t len = container_option(cmdline, name, &at);

	return len ? arena_dup(&snap->arena, at, len) : NULL;
}

static bool is_monitor(const char *comm)
{
	return !strcmp(comm, "conmon") || !strncmp(comm, "containerd-shim", 15);
}

/* Ids go into paths and requests, and a monitor's arguments are whatever its user likes. */
static bool is_id(const char *id)
{
	return id && strlen(id) >= 12 && strspn(id, "0123456789abcdef") == strlen(id);
}

static void read_monitor(struct snapshot *snap, const struct proc *proc, struct monitor *monitor)
{
	const char *id = option(snap, proc->cmdline, "-c");

	monitor->uid = proc->uid;
	if (!strcmp(proc->comm, "conmon")) {
		monitor->id = is_id(id) ? id : NULL;
		monitor->name = option(snap, proc->cmdline, "-n");
		monitor->bundle = option(snap, proc->cmdline, "-b");
		return;
	}
	id = option(snap, proc->cmdline, "-id");
	const char *address = option(snap, proc->cmdline, "-address");
	const char *slash = address ? strrchr(address, '/') : NULL;
	monitor->id = is_id(id) ? id : NULL;
	monitor->space = option(snap, proc->cmdline, "-namespace");
	if (slash && slash > address)
		monitor->state = arena_dup(&snap->arena, address, (size_t)(slash - address));
}

/* Process @pid as the snapshot knows it, else read into @scratch. NULL: it is gone. */
static const struct proc *look_up(struct snapshot *snap, uint32_t pid, struct proc *scratch)
{
	const struct proc *known = snap->n_pid_slots ? snapshot_proc_by_pid(snap, pid) : NULL;
	char text[CMDLINE_BYTES] = "";

	if (known && known->comm)
		return known;
	AUTO(closep) int dir = proc_dir_open(pid);
	*scratch = (struct proc){.comm = ""};
	if (dir < 0 || proc_dir_fill(snap, dir, "", scratch))
		return NULL;
	long len = is_monitor(scratch->comm) ? proc_dir_read(dir, "cmdline", text, sizeof(text)) : 0;
	for (long i = 0; i < len; i++)
		if (!text[i])
			text[i] = ' ';
	scratch->cmdline = len > 0 ? arena_dup(&snap->arena, text, (size_t)len) : NULL;
	return scratch;
}

/* The monitor among the ancestors of @pid; .id NULL: there is none. */
static void find_monitor(struct snapshot *snap, uint32_t pid, struct monitor *ret)
{
	struct proc scratch;

	*ret = (struct monitor){0};
	for (int depth = 0; depth < MAX_DEPTH && pid > 1; depth++) {
		const struct proc *proc = look_up(snap, pid, &scratch);
		if (!proc)
			return;
		if (depth && is_monitor(proc->comm) && proc->cmdline) {
			read_monitor(snap, proc, ret);
			return;
		}
		pid = proc->parent;
	}
}

/* A user's own docker: its files are the user's, and what the user says of them is believed. */
static void ask_rootless_docker(struct container_asking *asking, uint32_t uid)
{
	char buffer[PASSWD_BYTES], path[64];
	struct passwd passwd, *found = NULL;

	if (!getpwuid_r(uid, &passwd, buffer, sizeof(buffer), &found) && found)
		container_read(asking, CONTAINER_DOCKER, uid,
			       "%s/.local/share/docker/containers/%s/config.v2.json",
			       found->pw_dir, asking->id);
	snprintf(path, sizeof(path), "/run/user/%u/docker.sock", uid);
	container_ask_docker(asking, path);
}

static void ask_docker(struct container_asking *asking, const struct monitor *monitor)
{
	static const char *const roots[] = {"/var/lib/docker", NULL};
	const char *set_root = container_docker_root(asking);

	if (monitor->bundle)
		return;
	if (monitor->uid) {
		ask_rootless_docker(asking, monitor->uid);
		return;
	}
	for (size_t i = 0; i < N_ELEMENTS(roots); i++)
		container_read(asking, CONTAINER_DOCKER, 0, "%s/containers/%s/config.v2.json",
			       roots[i] ? roots[i] : set_root ? set_root : roots[0], asking->id);
	container_ask_docker(asking, "/var/run/docker.sock");
}

static void ask_containerd(struct container_asking *asking, const struct monitor *monitor)
{
	const char *const states[] = {monitor->state, "/run/containerd", "/run/k3s/containerd"};
	const char *const spaces[] = {monitor->space, "k8s.io", "default", "moby"};

	if (monitor->bundle)
		return;
	for (size_t i = 0; i < N_ELEMENTS(states); i++)
		for (size_t k = 0; k < N_ELEMENTS(spaces); k++)
			if (states[i] && spaces[k])
				container_read(asking, CONTAINER_OCI, monitor->uid,
					       "%s/io.containerd.runtime.v2.task/%s/%s/config.json",
					       states[i], spaces[k], asking->id);
}

/* podman and cri-o: conmon is told the bundle, STORE/DRIVER-containers/ID/userdata. */
static void ask_storage(struct container_asking *asking, const struct monitor *monitor)
{
	static const char *const stores[] = {"/var/lib/containers/storage",
					     "/run/containers/storage"};
	static const char *const drivers[] = {"overlay", "vfs", "btrfs", "zfs"};

	if (monitor->bundle) {
		container_read(asking, CONTAINER_OCI, monitor->uid, "%s/config.json",
			       monitor->bundle);
		container_read(asking, CONTAINER_STORAGE, monitor->uid, "%s/../../containers.json",
			       monitor->bundle);
	}
	for (size_t i = 0; i < N_ELEMENTS(stores); i++)
		for (size_t k = 0; k < N_ELEMENTS(drivers); k++) {
			container_read(asking, CONTAINER_OCI, 0,
				       "%s/%s-containers/%s/userdata/config.json", stores[i],
				       drivers[k], asking->id);
			container_read(asking, CONTAINER_STORAGE, 0,
				       "%s/%s-containers/containers.json", stores[i], drivers[k]);
		}
}

/* podman's database knows the names of pods, and podman's service (where it runs) tells them. */
static void ask_pod(struct container_asking *asking, const struct monitor *monitor)
{
	char path[64] = "/run/podman/podman.sock";

	if (monitor->uid)
		snprintf(path, sizeof(path), "/run/user/%u/podman/podman.sock", monitor->uid);
	container_ask_pod(asking, path);
	if (!asking->facts.pod && asking->facts.pod_id) /* as 'podman ps --pod' shows it */
		asking->facts.pod = arena_dup(asking->arena, asking->facts.pod_id,
					      strnlen(asking->facts.pod_id, SHORT_ID));
}

static void know_monitor(const struct monitor *monitor, struct proc *proc)
{
	if (!proc->container && monitor->id) {
		proc->container = monitor->id;
		proc->manager = monitor->bundle ? PROC_MANAGER_PODMAN : PROC_MANAGER_CONTAINERD;
	}
	if (monitor->space && !strcmp(monitor->space, "moby"))
		proc->manager = PROC_MANAGER_DOCKER;
}

bool containers_describe(struct containers *containers, struct snapshot *snap, struct proc *proc)
{
	struct container_asking asking = {.arena = &snap->arena};
	struct monitor monitor;

	if (!containers->deadline_ns)
		containers->deadline_ns = monotonic_ns() + LIMIT_MS * 1000000ull;
	if (monotonic_ns() > containers->deadline_ns) {
		containers->late = true;
		return false;
	}
	find_monitor(snap, proc->pid, &monitor);
	know_monitor(&monitor, proc);
	if (!is_id(proc->container))
		return false;
	asking.id = proc->container;
	asking.deadline_ns = containers->deadline_ns;
	ask_docker(&asking, &monitor);
	ask_containerd(&asking, &monitor);
	ask_storage(&asking, &monitor);
	ask_pod(&asking, &monitor);
	const struct container_facts *facts = &asking.facts;
	proc->container_name = facts->name ? facts->name : monitor.name;
	proc->image = facts->image;
	proc->pod = facts->pod ? facts->pod : proc->pod;
	containers->denied |= asking.denied && !proc->container_name;
	/* Waits are counted in whole milliseconds. */
	containers->late |= !proc->container_name &&
			    monotonic_ns() + 1000000 > containers->deadline_ns;
	return proc->container_name || proc->image;
}

/* Another process of the same container, already described, or NULL. */
static const struct proc *find_same(const struct snapshot *snap, size_t end, const char *id)
{
	for (size_t i = 0; i < end; i++)
		if (snap->procs[i].container && !strcmp(snap->procs[i].container, id))
			return &snap->procs[i];
	return NULL;
}

static int add_coverage(struct snapshot *snap, const struct containers *containers)
{
	struct coverage *coverage;

	if (!containers->denied && !containers->late)
		return 0;
	coverage = snapshot_add_coverage(snap);
	if (!coverage)
		return -ENOMEM;
	*coverage = (struct coverage){
		.source = "containers",
		.how = "the runtimes' files",
		.level = COVERAGE_PARTIAL,
		.error = containers->denied ? EACCES : ETIMEDOUT,
		.what = "names and images of containers",
		.needs = containers->denied ? "root" : "runtimes that answer in 150 ms",
	};
	return 0;
}

static int containers_collect(struct snapshot *snap, const struct request *request)
{
	struct containers containers = {0};

	if (snapshot_index_pids(snap))
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_procs; i++) {
		struct proc *proc = &snap->procs[i];
		const struct proc *same =
			proc->container ? find_same(snap, i, proc->container) : NULL;
		if (same) {
			proc->container_name = same->container_name;
			proc->image = same->image;
			proc->pod = same->pod;
			proc->manager = same->manager;
		} else if (proc->cmdline && !is_monitor(proc->comm)) {
			containers_describe(&containers, snap, proc);
		}
	}
	return add_coverage(snap, &containers);
}

const struct source source_containers = {
	.name = "containers",
	.provides = FACT_CONTAINERS,
	.collect = containers_collect,
};
