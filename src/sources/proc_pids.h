/* SPDX-License-Identifier: MIT */
/* The numbers a /proc directory lists: pids of /proc, thread ids of /proc/PID/task. */
#ifndef BERTH_SOURCES_PROC_PIDS_H
#define BERTH_SOURCES_PROC_PIDS_H

#include <stddef.h>
#include <stdint.h>

struct pid_list {
	uint32_t *pids; /* ascending as the kernel lists them */
	size_t n, room;
};

/* Fill the empty @list from @path. 0 or -errno. */
int pid_list_read(struct pid_list *list, const char *path);
void pid_list_release(struct pid_list *list);

#endif
