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
/*
 * Move those from @list, which is of /proc, to the empty @ret_kernel that the kernel itself started:
 * its threads, which are most processes of a small machine, have no files and no memory. Programs
 * that it starts itself are among them (kernel/umh.c). None where we cannot tell. 0 or -ENOMEM.
 */
int pid_list_split(struct pid_list *list, struct pid_list *ret_kernel);
/* Leave only programs in such a list. */
void pid_list_keep_programs(struct pid_list *kernel);
void pid_list_release(struct pid_list *list);

#endif
