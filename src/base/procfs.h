/* SPDX-License-Identifier: MIT */
/* What proc(5) tells of one process by number. Process 0 is the caller everywhere. */
#ifndef BERTH_BASE_PROCFS_H
#define BERTH_BASE_PROCFS_H

#include <stdint.h>
#include <stdio.h>

struct arena;

/* /proc/PID/@name for reading; NULL with errno set if it is not there or not ours to see. */
FILE *procfs_open(uint32_t pid, const char *name);

/* The cgroup of version 2 ("/a/b"), in @arena; NULL: not told, or no memory. */
const char *procfs_cgroup(struct arena *arena, uint32_t pid);

/* Open descriptors and how many may be open (RLIMIT_NOFILE); what is not told stays as it was. */
void procfs_count_fds(uint32_t pid, uint32_t *ret_n, uint32_t *ret_max);

#endif
