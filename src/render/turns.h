/* SPDX-License-Identifier: MIT */
/*
 * Many rows made by two threads, written in order: each takes the next stretch when it is done with
 * one, so that neither waits for the other as long as that is not far behind.
 */
#ifndef BERTH_RENDER_TURNS_H
#define BERTH_RENDER_TURNS_H

#include <stddef.h>

struct out;

/* Write rows [first, end) to @out; by @thread 0 or 1, at the same time as the other. */
typedef void turns_make(void *data, unsigned thread, size_t first, size_t end, struct out *out);

/* 0 or -errno of @out, which it also remembers. Without a second thread the first makes all. */
int turns_write(struct out *out, size_t n_rows, turns_make *make, void *data);

#endif
