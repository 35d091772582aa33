/* SPDX-License-Identifier: MIT */
/* Which of the rules that differ between kernels the running one has: asked only where it matters. */
#ifndef BERTH_COMMANDS_THIS_KERNEL_H
#define BERTH_COMMANDS_THIS_KERNEL_H

#include <stdint.h>

#include "model/space.h"

struct arena;

/* An answer by @behaviour, as a number: equal for equal answers. */
typedef uint64_t this_kernel_judge(void *data, const struct model_behaviour *behaviour);

/*
 * What to judge by. Begins with what the kernel's version suggests; if the answer of @judge hangs
 * on one of the rules that differ, the kernel is tried (probe/behaviour.h). @judge NULL: always
 * try. @ret_assumed (may be NULL): which rules decide and could not be tried, a text of @arena, or
 * NULL.
 */
struct model_behaviour this_kernel(this_kernel_judge *judge, void *data, struct arena *arena,
				   const char **ret_assumed);

#endif
