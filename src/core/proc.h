/* SPDX-License-Identifier: MIT */
/* One process (thread group): who it is and where it lives. Texts are owned by the snapshot. */
#ifndef BERTH_CORE_PROC_H
#define BERTH_CORE_PROC_H

#include <stdbool.h>
#include <stdint.h>

enum proc_manager { /* who would restart it */
	PROC_MANAGER_NONE,
	PROC_MANAGER_SYSTEMD,
	PROC_MANAGER_DOCKER,
	PROC_MANAGER_PODMAN,
	PROC_MANAGER_CONTAINERD,
	PROC_MANAGER_CRIO,
	PROC_MANAGER_LXC,
};

struct proc {
	uint32_t pid;		/* thread group id in the reader's pid namespace */
	uint32_t parent;	/* pid of the parent; 0: none or not known */
	uint32_t uid;		/* real uid; UINT32_MAX: not known */
	uint32_t pid_inner;	/* pid in the innermost pid namespace; 0: same */
	uint32_t uid_inner;	/* .uid as its own user namespace counts; meant if .has_uid_inner */
	bool has_uid_inner;	/* its user namespace is not the reader's */
	uint64_t start_ticks;	/* /proc/PID/stat field 22: with the pid, an identity */
	uint64_t started_ns;	/* CLOCK_REALTIME of the start; 0: not known */
	uint64_t netns_inode;	/* of the process, not of its sockets; 0: not known */
	uint64_t pidns_inode;
	uint64_t userns_inode;
	const char *comm;	/* never NULL; any bytes but NUL */
	const char *exe;	/* path; NULL: not readable */
	const char *cmdline;	/* arguments joined by spaces; NULL: not readable or a kernel thread */
	const char *cgroup;	/* path in the unified (or systemd) hierarchy; NULL: not known */
	const char *unit;	/* "nginx.service"; NULL: none */
	const char *slice;	/* "user-1000.slice"; NULL: none */
	const char *container;	/* id (12+ hex digits) or name; NULL: none */
	const char *container_name; /* "web" by the runtime's word; NULL: not known */
	const char *image;	/* container image; NULL: not known */
	const char *pod;	/* Kubernetes "namespace/pod" or pod uid; NULL: none */
	uint32_t n_fds;		/* open fds as far as counted; 0: not counted */
	uint8_t manager;	/* enum proc_manager */
	char state;		/* R S D T t Z ... of /proc/PID/stat; 0: not known */
};

const char *proc_manager_name(enum proc_manager manager); /* "systemd", "docker" ... or NULL */

#endif
