/* SPDX-License-Identifier: MIT */
/*
 * Ends processes without the race that kill(2) has: a pidfd is opened first, then the process is
 * recognised by its start time, and from then on the number may be reused by whomever it likes.
 */
#ifndef BERTH_ACT_STOP_H
#define BERTH_ACT_STOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stop {
	uint32_t pid;
	uint64_t start_ticks; /* /proc/PID/stat field 22 when the process was chosen; 0: any */
	int pidfd;	      /* -1: not open, or it has ended */
	int error;	      /* a positive errno of the last refusal; 0: none */
	bool ended;
	bool killed;	      /* by SIGKILL */
};

/* The pids of the caller, its parent, and so on, at most @max; those who must not be stopped by it. */
size_t stop_forefathers(uint32_t *pids, size_t max);

/*
 * Take hold of .pid. A process that is gone, or whose number another one has by now, counts as
 * ended. 0, or -errno (also in .error): -EPERM and the like.
 */
int stop_open(struct stop *stop);
void stop_release(struct stop *stop);

/* Send @signal to those that have not ended; refusals are in .error. Returns how many got it. */
size_t stop_signal(struct stop *stops, size_t n, int signal);

/* Wait until all have ended or @limit_ms is over; returns how many are still running. */
size_t stop_wait(struct stop *stops, size_t n, unsigned limit_ms);

#endif
