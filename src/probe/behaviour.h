/* SPDX-License-Identifier: MIT */
/*
 * Finds out how the running kernel behaves where versions differ, by doing it: with sockets of a
 * child process in a network namespace of its own, over its lo. Nobody else's ports are touched.
 */
#ifndef BERTH_PROBE_BEHAVIOUR_H
#define BERTH_PROBE_BEHAVIOUR_H

#include "core/behaviour.h"

/*
 * Takes some milliseconds, at most two seconds. Needs the right to make a network namespace, which
 * where user namespaces are open everybody has; without it .error says so and nothing is known.
 */
void behaviour_probe(struct kernel_behaviour *ret);
/* The running kernel's version by uname(), like 6 and 18; 0 and 0 if that is not understood. */
void behaviour_version(unsigned *ret_major, unsigned *ret_minor);

/* In the namespace that is there to be used up: one attempt each. In behaviour_tries.c. */
enum tried { TRIED_NO, TRIED_YES, TRIED_NOTHING };
enum tried behaviour_try(enum behaviour behaviour);

#endif
