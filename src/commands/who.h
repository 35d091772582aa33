/* SPDX-License-Identifier: MIT */
/* What the files of `berth who` share. */
#ifndef BERTH_COMMANDS_WHO_H
#define BERTH_COMMANDS_WHO_H

#include <stddef.h>
#include <stdint.h>

struct output;
struct proc;
struct snapshot;
struct what;

struct who {
	const struct snapshot *snap;
	struct what *const *whats;
	size_t n_whats;
	const uint32_t *socks; /* indexes of the sockets that were meant */
	size_t n_socks;
};

enum { MAX_ANCESTORS = 32 };

/* The parents of @proc, the nearest first, as far as they are known; their number. */
size_t who_ancestors(const struct snapshot *snap, const struct proc *proc,
		     const struct proc *ret[MAX_ANCESTORS]);

/* Each returns 0 or -errno. */
int who_print_text(const struct who *who, struct output *output);
int who_print_json(const struct who *who, struct output *output);

#endif
