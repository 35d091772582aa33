/* SPDX-License-Identifier: MIT */
/*
 * The seccomp filters of a traced command: those it installs are read as it installs them, which
 * needs no rights; those it was born with are asked of the kernel, which root may.
 */
#ifndef BERTH_PROBE_SANDBOXED_H
#define BERTH_PROBE_SANDBOXED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "probe/tracer.h"

struct caller;
struct installed_filter;

struct sandboxed {
	struct arena arena;
	struct installed_filter *filters; /* in the arena */
	size_t n, room;
	struct traced_call last; /* the call that the watcher hears of now */
};

void sandboxed_init(struct sandboxed *sandboxed);
void sandboxed_release(struct sandboxed *sandboxed);

/* To be called for each call before, and for each fork beside, what else watches. */
void sandboxed_call(struct sandboxed *sandboxed, const struct traced_call *call);
void sandboxed_forked(struct sandboxed *sandboxed, pid_t parent, pid_t child);

/*
 * The last call failed with @error: did a filter say so? Fills @caller's .seccomp_refuses and
 * .seccomp_error. The thread must still be stopped.
 */
void sandboxed_judge(const struct sandboxed *sandboxed, int error, struct caller *caller);

#endif
