/* SPDX-License-Identifier: MIT */
/* How many columns of a terminal a text takes, which is neither its bytes nor its characters. */
#ifndef BERTH_RENDER_WIDTH_H
#define BERTH_RENDER_WIDTH_H

#include <stddef.h>

/* Columns of @len bytes that escape_add() made (valid UTF-8, no controls). */
size_t width_of(const char *text, size_t len);

/* The most bytes of @text that fit @columns, never half a character; sets @ret_columns used. */
size_t width_fit(const char *text, size_t len, size_t columns, size_t *ret_columns);

#endif
