/* SPDX-License-Identifier: MIT */
/* One allocation for all output: a million rows cost a thousand calls of the sink. */
#include "base/out.h"
#include "base/numbers.h"

#include <errno.h>
#include <stdlib.h>

void out_init(struct out *out, out_sink *sink, void *data)
{
	*out = (struct out){.sink = sink, .data = data, .buffer = malloc(OUT_ROOM)};
	if (out->buffer)
		out->room = OUT_ROOM;
	else
		out->error = -ENOMEM;
}

void out_release(struct out *out)
{
	free(out->buffer);
	out->buffer = NULL;
	out->room = out->len = 0;
}

int out_flush(struct out *out)
{
	if (!out->error && out->len)
		out->error = out->sink(out->data, out->buffer, out->len);
	out->len = 0;
	return out->error;
}

void out_add_slow(struct out *out, const char *bytes, size_t len)
{
	if (out_flush(out))
		return;
	if (len >= out->room) {
		out->error = out->sink(out->data, bytes, len);
		return;
	}
	memcpy(out->buffer, bytes, len);
	out->len = len;
}

void out_add_text(struct out *out, const char *text)
{
	out_add(out, text, strlen(text));
}

void out_add_u64(struct out *out, uint64_t number)
{
	char text[U64_TEXT_SIZE];

	out_add(out, text, format_u64(text, number));
}

void out_add_spaces(struct out *out, size_t n)
{
	static const char spaces[] = "                                                                ";

	for (; n >= sizeof(spaces); n -= sizeof(spaces) - 1)
		out_add(out, spaces, sizeof(spaces) - 1);
	out_add(out, spaces, n);
}
