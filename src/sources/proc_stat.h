/* SPDX-License-Identifier: MIT */
/* Pure readers of /proc/PID/stat and /proc/PID/status (man proc(5), fs/proc/array.c). */
#ifndef BERTH_SOURCES_PROC_STAT_H
#define BERTH_SOURCES_PROC_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proc_stat {
	uint32_t pid;
	uint32_t parent;
	uint32_t n_threads;
	uint64_t start_ticks; /* since boot, in ticks of sysconf(_SC_CLK_TCK) */
	const char *comm;     /* into the text; not terminated */
	size_t comm_len;
	char state; /* R S D T t Z X I ... */
	bool is_kernel; /* a kernel thread: holds no files */
};

struct proc_status {
	uint32_t uid;	    /* real; UINT32_MAX: the line is missing */
	uint32_t pid_inner; /* the last of NSpid; 0: the same as the outer, or not told */
};

/* False when the text is not what the kernel writes; the comm may hold any byte, ')' too. */
bool proc_stat_parse(const char *text, size_t len, struct proc_stat *ret);
/* Missing lines leave their "not known" values. */
void proc_status_parse(const char *text, size_t len, struct proc_status *ret);

#endif
