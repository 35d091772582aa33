/* SPDX-License-Identifier: MIT */
/* Indices by a number, open addressing, at most half full. */
#ifndef BERTH_SOURCES_BPF_SLOTS_H
#define BERTH_SOURCES_BPF_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct slot {
	uint32_t number;
	uint32_t index; /* + 1; 0: free */
};

struct slots { /* zeroed: empty; free() .all in the end */
	struct slot *all;
	size_t room, n;
};

/* Room for @room / 2 numbers; a power of two, and more than there are. 0 or -ENOMEM. */
int slots_resize(struct slots *slots, size_t room);

/* The slot of @number, free (then the caller fills it) or not. NULL: no memory. */
struct slot *slots_find(struct slots *slots, uint32_t number);

/* Set what slots_find() returned for @number: index @n_things - 1. */
void slot_fill(struct slots *slots, struct slot *slot, uint32_t number, size_t n_things);

/*
 * No cache holds the slot of a number: ask for it some numbers before it is needed. Inlined, because
 * GCC leaves out calls of functions that change nothing.
 */
static inline __attribute__((always_inline)) void slot_expect(const struct slots *slots,
							      uint32_t number)
{
	if (slots->room)
		__builtin_prefetch(&slots->all[hash_u64(number) & (slots->room - 1)], 1);
}

#endif
