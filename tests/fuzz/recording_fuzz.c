/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a recording: refused with a place, or read, written and read back the same, and so
 * without what may be secret.
 */
#include "base/auto.h"
#include "base/out.h"
#include "core/snapshot.h"
#include "record/reader.h"
#include "record/redact.h"
#include "record/writer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int keep(void *data, const char *bytes, size_t len)
{
	strbuf_add(data, bytes, len);
	return 0;
}

static int read_all(const char *text, size_t len, struct snapshot **ret_snap)
{
	AUTO(recording_reader_release) struct recording_reader reader;
	int error = recording_reader_init(&reader);

	for (const char *end = text + len; text < end && !error;) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = newline ? (size_t)(newline - text) : (size_t)(end - text);
		error = recording_line(&reader, text, n);
		text += n + 1;
	}
	if (!error)
		error = recording_finish(&reader, ret_snap);
	if (error && !*reader.error)
		abort();
	return error;
}

static void write_all(const struct snapshot *snap, struct strbuf *text)
{
	AUTO(out_release) struct out out;

	out_init(&out, keep, text);
	if (recording_write(snap, &out))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char header[] = "{\"recording\":\"berth.recording/1\"}\n";
	AUTO(strbuf_release) struct strbuf whole = STRBUF_INIT, first = STRBUF_INIT,
					   second = STRBUF_INIT;
	AUTO(strbuf_release) struct strbuf redacted = STRBUF_INIT;
	AUTO(snapshot_freep) struct snapshot *snap = NULL, *back = NULL, *third = NULL;

	/* Half of the inputs get the header for free, so that the records are reached. */
	if (size && data[0] != '{')
		strbuf_add_text(&whole, header);
	strbuf_add(&whole, data, size);
	if (read_all(whole.text, whole.len, &snap))
		return 0;
	write_all(snap, &first);
	if (read_all(first.text, first.len, &back))
		abort();
	write_all(back, &second);
	if (first.len != second.len || memcmp(first.text, second.text, first.len) != 0)
		abort();
	if (redact(back))
		abort();
	write_all(back, &redacted);
	if (read_all(redacted.text, redacted.len, &third))
		abort();
	return 0;
}
