/* SPDX-License-Identifier: MIT */
/*
 * A big buffer in front of whatever takes the bytes. A failed sink is remembered in .error and
 * makes further additions do nothing, so callers check once at the end, after out_flush().
 */
#ifndef BERTH_BASE_OUT_H
#define BERTH_BASE_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Takes all @len bytes; 0 or -errno. */
typedef int out_sink(void *data, const char *bytes, size_t len);

struct out {
	char *buffer;
	size_t len, room;
	int error; /* 0 or the first -errno */
	out_sink *sink;
	void *data;
};

enum { OUT_ROOM = 128 * 1024 };

/* -ENOMEM is remembered in .error like any other failure. */
void out_init(struct out *out, out_sink *sink, void *data);
/* Does not flush. */
void out_release(struct out *out);

/* Hand everything to the sink; returns .error. */
int out_flush(struct out *out);

void out_add_slow(struct out *out, const char *bytes, size_t len);

static inline void out_add(struct out *out, const char *bytes, size_t len)
{
	if (out->room - out->len < len) {
		out_add_slow(out, bytes, len);
		return;
	}
	memcpy(out->buffer + out->len, bytes, len);
	out->len += len;
}

/* Room for @len more bytes, at most OUT_ROOM: write them there, then add to .len. NULL: an error. */
static inline char *out_reserve(struct out *out, size_t len)
{
	if (out->room - out->len < len && (out_flush(out) || out->room < len))
		return NULL;
	return out->buffer + out->len;
}

static inline void out_add_char(struct out *out, char c)
{
	out_add(out, &c, 1);
}

void out_add_text(struct out *out, const char *text);
void out_add_u64(struct out *out, uint64_t number);
void out_add_spaces(struct out *out, size_t n);

#endif
