/* SPDX-License-Identifier: MIT */
/*
 * Memory that is freed all at once. An arena hands out zeroed, aligned pieces of growing blocks;
 * nothing in it is freed alone. All functions return NULL when memory is exhausted.
 */
#ifndef BERTH_BASE_ARENA_H
#define BERTH_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	size_t used;		    /* bytes used of the newest block */
	size_t total;		    /* bytes obtained from malloc */
};

void arena_init(struct arena *arena);
void arena_release(struct arena *arena);

/* @size zeroed bytes aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of @len bytes with a NUL behind them (for text that may hold NUL bytes, keep @len). */
char *arena_dup(struct arena *arena, const void *bytes, size_t len);

/* As asprintf(); NULL without memory. */
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
