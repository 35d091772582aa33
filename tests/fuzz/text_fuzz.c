/* SPDX-License-Identifier: MIT */
/* Any bytes through the small readers: escaping and back, JSON, durations, globs, endpoints, counters. */
#include "base/auto.h"
#include "base/duration.h"
#include "base/escape.h"
#include "base/glob.h"
#include "base/json_read.h"
#include "base/strbuf.h"
#include "core/endpoint.h"
#include "input.h"
#include "sources/counters.h"

/* What is printed is valid, of one line, and leads back to the same bytes. */
static void check_escape(const char *bytes, size_t len)
{
	AUTO(strbuf_release) struct strbuf safe = STRBUF_INIT, back = STRBUF_INIT, again = STRBUF_INIT;

	escape_add(&safe, bytes, len);
	if (!is_printable(safe.text, safe.len))
		abort();
	if (!escape_undo(&back, safe.text, safe.len) || back.len != len ||
	    (len && memcmp(back.text, bytes, len) != 0))
		abort();
	if (escape_is_plain(bytes, len) && (safe.len != len || (len && memcmp(safe.text, bytes, len) != 0)))
		abort();
	escape_undo(&again, bytes, len);
}

static void check_texts(const char *text, size_t len)
{
	char written[DURATION_TEXT_SIZE];
	struct endpoint endpoint;
	const struct glob glob = {text, len / 2, len & 1};
	uint64_t ms;

	if (parse_duration_ms(text, &ms) &&
	    !memchr(format_duration_ms(ms, written), '\0', sizeof(written)))
		abort();
	glob_matches(&glob, text + len / 2, len - len / 2);
	if (!glob_has_wildcard(text, len / 2) && !memchr(text, '\\', len / 2) &&
	    !memchr(text, '[', len / 2) && !glob_matches(&glob, text, len / 2))
		abort();
	if (!endpoint_parse(text, &endpoint) && !memchr(endpoint.host, '\0', sizeof(endpoint.host)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(counters_release) struct counters counters = {};
	struct arena arena;
	char *text = input_text(data, size);

	check_escape(text, size);
	check_texts(text, strlen(text));
	arena_init(&arena);
	json_read(&arena, text);
	arena_release(&arena);
	counters_parse_pairs(&counters, text);
	counters_parse_lines(&counters, "x", text);
	counters_parse_table(&counters, "y", text);
	for (size_t i = 0; i < counters.n; i++)
		if (!memchr(counters.all[i].name, '\0', sizeof(counters.all[i].name)))
			abort();
	free(text);
	return 0;
}
