/* SPDX-License-Identifier: MIT */
#include "render/prose.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void expect(const struct prose_look *look, const char *before, const char *text,
		   const char *expected)
{
	struct strbuf sb = STRBUF_INIT;

	prose_line(&sb, look, before, STYLE_PLAIN, text);
	assert_string_equal(sb.text, expected);
	strbuf_release(&sb);
}

static void lines_break_between_words(void **state)
{
	const struct prose_look narrow = {.screen = 30}, pipe = {}, tiny = {.screen = 8};

	(void)state;
	expect(&narrow, "", "It is held by another socket, 10.1.2.3:80.",
	       "It is held by another socket,\n10.1.2.3:80.\n");
	expect(&narrow, "To: ", "stop the holder, or use another port",
	       "To: stop the holder, or use\n    another port\n");
	expect(&narrow, "", "an-endless-word-that-no-screen-of-this-size-holds x",
	       "an-endless-word-that-no-screen-of-this-size-holds\nx\n");
	expect(&pipe, "  ", "never broken where nobody looks", "  never broken where nobody looks\n");
	expect(&tiny, "", "too small to help", "too small to help\n");
	expect(&narrow, "", "", "\n");
}

static void text_from_outside_stays_text(void **state)
{
	const struct prose_look look = {.screen = 60, .color = true};
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	prose_line(&sb, &look, "", STYLE_BAD, "a\033[2Jb\nc");
	assert_string_equal(sb.text, "\033[31ma\\x1b[2Jb\\nc\033[0m\n");
	strbuf_release(&sb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_break_between_words),
		cmocka_unit_test(text_from_outside_stays_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
