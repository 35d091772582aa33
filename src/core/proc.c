/* SPDX-License-Identifier: MIT */
/* The words for who manages a process. */
#include "core/proc.h"

#include <stddef.h>

const char *proc_manager_name(enum proc_manager manager)
{
	switch (manager) {
	case PROC_MANAGER_NONE:
		return NULL;
	case PROC_MANAGER_SYSTEMD:
		return "systemd";
	case PROC_MANAGER_DOCKER:
		return "docker";
	case PROC_MANAGER_PODMAN:
		return "podman";
	case PROC_MANAGER_CONTAINERD:
		return "containerd";
	case PROC_MANAGER_CRIO:
		return "cri-o";
	case PROC_MANAGER_LXC:
		return "lxc";
	}
	return NULL;
}
