/* SPDX-License-Identifier: MIT */
/* Every rule has a page whose example answers as it says, and otherwise without the rule. */
#include "model/rules.h"
#include "model/script.h"
#include "base/auto.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static FILE *open_page(const char *id)
{
	char path[512];

	snprintf(path, sizeof(path), BERTH_ROOT "/docs/rules/%s.md", id);
	return fopen(path, "re");
}

/* The indented lines of a page, and what they say is answered, a line each. */
static bool read_page(const char *id, struct strbuf *ret_script, struct strbuf *ret_answers)
{
	AUTO(fclosep) FILE *page = open_page(id);
	char line[1024];

	if (!page)
		return false;
	while (fgets(line, sizeof(line), page)) {
		if (strncmp(line, "    ", 4))
			continue;
		const char *said = strstr(line, "  # ");
		strbuf_add_text(ret_script, line + 4);
		strbuf_add_text(ret_answers, said ? said + 4 : "ok\n");
	}
	return true;
}

static void collect(const struct script_answer *answer, void *data)
{
	strbuf_printf(data, "%s\n", answer->text);
}

static void run_script(const struct strbuf *script, const enum model_rule *without,
		       struct strbuf *ret_answers)
{
	struct script_options options = {.without = without, .n_without = !!without};
	struct script_error error = {0};

	int r = model_script_run(script->text, script->len, &options, collect, ret_answers, &error);
	if (r)
		fail_msg("line %u: %s", error.line, error.text);
}

static void pages_tell_the_truth(void **state)
{
	for (int i = 0; i < N_MODEL_RULES; i++) {
		AUTO(strbuf_release) struct strbuf script = STRBUF_INIT;
		AUTO(strbuf_release) struct strbuf said = STRBUF_INIT;
		AUTO(strbuf_release) struct strbuf got = STRBUF_INIT;
		const char *id = model_rule_id((enum model_rule)i);
		if (!read_page(id, &script, &said))
			fail_msg("docs/rules/%s.md is missing", id);
		if (!script.len)
			fail_msg("docs/rules/%s.md has no example", id);
		run_script(&script, NULL, &got);
		if (strcmp(said.text, got.text))
			fail_msg("docs/rules/%s.md says\n%sthe model says\n%s", id, said.text,
				 got.text);
	}
}

static void every_rule_matters(void **state)
{
	for (int i = 0; i < N_MODEL_RULES; i++) {
		AUTO(strbuf_release) struct strbuf script = STRBUF_INIT;
		AUTO(strbuf_release) struct strbuf said = STRBUF_INIT;
		AUTO(strbuf_release) struct strbuf got = STRBUF_INIT;
		enum model_rule rule = (enum model_rule)i;
		if (!model_rule_is_switchable(rule))
			continue;
		assert_true(read_page(model_rule_id(rule), &script, &said));
		run_script(&script, &rule, &got);
		if (!strcmp(said.text, got.text))
			fail_msg("the example of %s answers the same without it",
				 model_rule_id(rule));
	}
}

static void rows_are_whole(void **state)
{
	for (int i = 0; i < N_MODEL_RULES; i++) {
		struct model_rule_row row = model_rule_row((enum model_rule)i);
		assert_non_null(row.id);
		assert_non_null(row.says);
		assert_non_null(row.kernel);
		assert_int_equal(model_rule_find(row.id), i);
	}
	assert_int_equal(model_rule_find("no such rule"), -1);
}

static void index_names_all(void **state)
{
	AUTO(fclosep) FILE *page = open_page("README");
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	char chunk[4096];
	size_t n;

	assert_non_null(page);
	while ((n = fread(chunk, 1, sizeof(chunk), page)))
		strbuf_add(&text, chunk, n);
	for (int i = 0; i < N_MODEL_RULES; i++) {
		char link[128];
		const char *id = model_rule_id((enum model_rule)i);
		snprintf(link, sizeof(link), "[%s](%s.md)", id, id);
		if (!strstr(text.text, link))
			fail_msg("docs/rules/README.md does not list %s", id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(pages_tell_the_truth),
		cmocka_unit_test(every_rule_matters),
		cmocka_unit_test(index_names_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
