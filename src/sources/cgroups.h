/* SPDX-License-Identifier: MIT */
/*
 * What a cgroup path tells: the systemd unit, the container, the pod. Pure text; the forms are
 * those that systemd, docker, podman, containerd, cri-o, LXC and systemd-nspawn make, with the
 * systemd and the cgroupfs driver, on hierarchies of version 1 and 2.
 */
#ifndef BERTH_SOURCES_CGROUPS_H
#define BERTH_SOURCES_CGROUPS_H

#include <stddef.h>

#include "core/proc.h"

/* A piece of the text that was parsed; .len 0: none. */
struct piece {
	const char *text;
	size_t len;
};

struct cgroup_facts {
	struct piece unit;	/* "nginx.service", as systemd names it ("\x2d" kept) */
	struct piece slice;	/* the innermost slice around the system's unit: "user-1000.slice" */
	struct piece container; /* id or name */
	struct piece pod;	/* uid as found; "_" may stand for "-" */
	enum proc_manager manager;
};

/* The path that tells most of the lines of /proc/PID/cgroup; "/" when none tells anything. */
struct piece cgroup_path(const char *text, size_t len);
/* @path: as in a line of /proc/PID/cgroup, without the hierarchy. */
void cgroup_parse(const char *path, size_t len, struct cgroup_facts *ret);

#endif
