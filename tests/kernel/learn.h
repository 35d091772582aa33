/* SPDX-License-Identifier: MIT */
/* Find out how the running kernel behaves where versions and stable branches differ. */
#ifndef BERTH_TESTS_KERNEL_LEARN_H
#define BERTH_TESTS_KERNEL_LEARN_H

#include <stdint.h>

#include "model/space.h"

/*
 * Begin with what the release of uname() suggests and berth's own trying tells, and run @scenarios random ones: where the
 * library differs and would not with one switch turned, that switch is turned. Says on stdout what
 * it found. 0 or -errno.
 */
int learn_behaviour(unsigned scenarios, uint64_t seed, struct model_behaviour *ret);

#endif
