/* SPDX-License-Identifier: MIT */
/* Lines into words, words to the statement they begin. */
#include "model/script.h"
#include "model/script_state.h"
#include "model/state.h"

#include <errno.h>
#include <stdlib.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Words are separated by blanks; a word that begins with # ends the line. */
static int split(struct script *script, const char *line, size_t len)
{
	size_t i = 0;

	script->n_words = script->at = 0;
	for (;;) {
		while (i < len && is_space(line[i]))
			i++;
		script->end_column = (uint32_t)i + 1;
		if (i == len || line[i] == '#')
			return 0;
		if (script->n_words == MAX_WORDS)
			return script_fail(script, (uint32_t)i + 1, "too many words");
		struct word *word = &script->words[script->n_words++];
		*word = (struct word){line + i, 0, (uint32_t)i + 1};
		while (i < len && !is_space(line[i]))
			i++;
		word->len = (uint32_t)(line + i - word->text);
	}
}

static int run_line(struct script *script, const char *line, size_t len)
{
	int r = split(script, line, len);

	if (r || !script->n_words)
		return r;
	const struct word *first = word_next(script);
	script->turn = (struct model_turn){.now_ms = script->turn.now_ms};
	if (word_take(script, "="))
		r = run_assignment(script, first);
	else if (word_is(first, "host"))
		r = run_host(script);
	else
		r = run_statement(script, first);
	return r ? r : script->text.failed || script->reason.failed ? -ENOMEM : 0;
}

static int begin(struct script *script)
{
	const struct script_options *options = script->options;

	script->space = model_space_new(options->behaviour ? options->behaviour
							   : &model_behaviour_latest);
	if (!script->space)
		return -ENOMEM;
	for (size_t i = 0; i < options->n_without; i++)
		model_space_disable(script->space, options->without[i]);
	int r = array_room(&script->devices, 0, &script->room_devices, sizeof(*script->devices));
	if (r)
		return r;
	script->devices[script->n_devices++] = (struct script_device){"lo", 1};
	return 0;
}

struct script *model_script_new(const struct script_options *options, script_answer_fn *answer,
				void *data)
{
	static const struct script_options defaults;
	struct script *script = calloc(1, sizeof(*script));

	if (!script)
		return NULL;
	script->options = options ? options : &defaults;
	script->answer = answer;
	script->data = data;
	strbuf_init(&script->text);
	strbuf_init(&script->reason);
	if (!begin(script))
		return script;
	model_script_free(script);
	return NULL;
}

void model_script_free(struct script *script)
{
	if (!script)
		return;
	model_space_free(script->space);
	model_list_release(&script->list);
	strbuf_release(&script->text);
	strbuf_release(&script->reason);
	free(script->names);
	free(script->name_slots);
	free(script->devices);
	free(script);
}

int model_script_line(struct script *script, const char *line, size_t len,
		      struct script_error *ret_error)
{
	script->error = ret_error;
	script->line++;
	return run_line(script, line, len);
}

int model_script_run(const char *text, size_t len, const struct script_options *options,
		     script_answer_fn *answer, void *data, struct script_error *ret_error)
{
	struct script *script = model_script_new(options, answer, data);
	int r = script ? 0 : -ENOMEM;

	while (!r && len) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		r = model_script_line(script, text, n, ret_error);
		text += n + !!end;
		len -= n + !!end;
	}
	model_script_free(script);
	return r;
}
