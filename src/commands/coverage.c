/* SPDX-License-Identifier: MIT */
/* What could not be seen is part of every answer. */
#include "commands/collect.h"
#include "commands/command.h"
#include "commands/output.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/json.h"
#include "core/snapshot.h"
#include "render/prose.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *level_word(enum coverage_level level)
{
	switch (level) {
	case COVERAGE_NOT_ASKED:
		return "not asked";
	case COVERAGE_NONE:
		return "nothing seen";
	case COVERAGE_PARTIAL:
		return "in part";
	case COVERAGE_FULL:
		return "all";
	}
	return "";
}

static bool is_gap(const struct coverage *coverage)
{
	return coverage->what && (coverage->level == COVERAGE_NONE ||
				  coverage->level == COVERAGE_PARTIAL);
}

/* On a terminal lines are broken between words. */
static unsigned error_screen(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

static void add_gap(struct strbuf *text, const struct coverage *coverage)
{
	AUTO(strbuf_release) struct strbuf words = STRBUF_INIT;
	const struct prose_look look = {.screen = error_screen()};

	strbuf_add_text(&words, coverage->what);
	if (coverage->needs)
		strbuf_printf(&words, " (needs %s)", coverage->needs);
	if (words.text)
		prose_line(text, &look, "not seen: ", STYLE_PLAIN, words.text);
}

/* A recording may hold any bytes. */
static void add_escaped(struct strbuf *text, const char *before, const char *word)
{
	strbuf_add_text(text, before);
	if (word)
		escape_add(text, word, strlen(word));
}

void coverage_print(const struct invocation *inv, const struct snapshot *snap)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < snap->n_coverages; i++) {
		const struct coverage *coverage = &snap->coverages[i];
		strbuf_clear(&text);
		if (option_given(inv, "how")) {
			add_escaped(&text, "how: ", coverage->source);
			add_escaped(&text, " by ", coverage->how);
			strbuf_printf(&text, ": %s\n", level_word(coverage->level));
		}
		if (is_gap(coverage))
			add_gap(&text, coverage);
		if (text.len)
			fputs(text.text, stderr);
	}
}

int answer_close(const struct invocation *inv, struct output *output, const struct snapshot *snap,
		 int code)
{
	code = output_close(output, inv, code);
	if (snap)
		coverage_print(inv, snap);
	return code;
}

void coverage_json(const struct snapshot *snap, struct json *json)
{
	json_key(json, "unseen");
	json_open(json, '[');
	for (size_t i = 0; i < snap->n_coverages; i++) {
		const struct coverage *coverage = &snap->coverages[i];
		if (!is_gap(coverage))
			continue;
		json_open(json, '{');
		json_put_text(json, "source", coverage->source);
		json_put_text(json, "what", coverage->what);
		json_put_text(json, "needs", coverage->needs);
		json_close(json, '}');
	}
	json_close(json, ']');
}
