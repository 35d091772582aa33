/* SPDX-License-Identifier: MIT */
/*
 * What a traced command shut itself in with. Its seccomp filters: those it installs are read as it installs them, which
 * needs no rights; those it was born with are asked of the kernel, which root may.
 */
#ifndef BERTH_PROBE_SANDBOXED_H
#define BERTH_PROBE_SANDBOXED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "probe/landlocked.h"
#include "probe/tracer.h"

struct attempt;
struct caller;
struct installed_filter;

struct sandboxed {
	struct arena arena;
	struct installed_filter *filters; /* in the arena */
	size_t n, room;
	struct landlocked landlocked;
	struct traced_call last; /* the call that the watcher hears of now */
};

void sandboxed_init(struct sandboxed *sandboxed);
void sandboxed_release(struct sandboxed *sandboxed);

/* To be called for each call before, and for each fork beside, what else watches. */
void sandboxed_call(struct sandboxed *sandboxed, const struct traced_call *call);
void sandboxed_forked(struct sandboxed *sandboxed, pid_t parent, pid_t child);

/*
 * The last call ended as @attempt: did a filter or a rule say so? Fills @caller's .seccomp_refuses,
 * .seccomp_error and .landlock_refuses. The thread must still be stopped.
 */
void sandboxed_judge(const struct sandboxed *sandboxed, const struct attempt *attempt,
		     struct caller *caller);

#endif
