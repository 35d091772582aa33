/* SPDX-License-Identifier: MIT */
/*
 * The Landlock rules of a traced command: nobody can ask the kernel for them, so they are read as
 * the command makes them (uapi/linux/landlock.h, ABI 4: TCP ports). Rules that it was born with stay
 * unknown.
 */
#ifndef BERTH_PROBE_LANDLOCKED_H
#define BERTH_PROBE_LANDLOCKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/tracer.h"

enum { N_LANDLOCK_RULES = 64, N_LANDLOCK_SETS = 16 };

struct landlock_set {
	pid_t pid;
	int fd;		  /* of the ruleset */
	bool is_enforced; /* landlock_restrict_self() was called with it */
	uint64_t handled; /* LANDLOCK_ACCESS_NET_* that are forbidden but by rule */
	struct { uint64_t allowed, port; } rules[N_LANDLOCK_RULES];
	unsigned n_rules;
	bool is_cut; /* more rules than kept: nothing is concluded */
};

struct landlocked {
	struct landlock_set sets[N_LANDLOCK_SETS];
	unsigned n;
};

void landlocked_call(struct landlocked *landlocked, const struct traced_call *call);
void landlocked_forked(struct landlocked *landlocked, pid_t parent, pid_t child);

/* Do the rules that @pid put itself under forbid it to bind (or connect) TCP @port? */
bool landlocked_denies(const struct landlocked *landlocked, pid_t pid, bool is_bind, uint16_t port);

#endif
