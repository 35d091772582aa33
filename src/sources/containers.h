/* SPDX-License-Identifier: MIT */
/*
 * Names, images and pods of containers, from the files and sockets of docker, podman, containerd
 * and cri-o. Read only, and bounded in time and size.
 */
#ifndef BERTH_SOURCES_CONTAINERS_H
#define BERTH_SOURCES_CONTAINERS_H

#include <stdbool.h>
#include <stdint.h>

struct proc;
struct snapshot;

/* How asking the runtimes goes; zeroed before the first. */
struct containers {
	uint64_t deadline_ns; /* CLOCK_MONOTONIC; 0: none yet */
	bool denied;	      /* some file was there but not for us */
	bool late;
};

/*
 * Fill .container_name, .image and .pod of @proc, known by .pid and .container, and .container and
 * .manager if only a monitor above it tells them. True if a runtime knew it.
 */
bool containers_describe(struct containers *containers, struct snapshot *snap, struct proc *proc);

#endif
