/* SPDX-License-Identifier: MIT */
/* What may reach a terminal, and what must not. */
#include "base/escape.h"
#include "base/auto.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const struct {
	const char *raw;
	size_t len;
	const char *safe;
} vectors[] = {
	{"nginx", 5, "nginx"},
	{"a b", 3, "a b"},
	{"na\xc3\xafve \xe6\xb8\xaf", 10, "na\xc3\xafve \xe6\xb8\xaf"},
	{"\x1b[31m", 5, "\\x1b[31m"},
	{"a\nb\tc\r", 6, "a\\nb\\tc\\r"},
	{"\x7f", 1, "\\x7f"},
	{"back\\slash", 10, "back\\\\slash"},
	{"\0abc", 4, "\\x00abc"},
	{"\xc2\x9b", 2, "\\xc2\\x9b"},		/* C1: CSI */
	{"\xff\xfe", 2, "\\xff\\xfe"},
	{"\xc0\xaf", 2, "\\xc0\\xaf"},		/* overlong */
	{"\xed\xa0\x80", 3, "\\xed\\xa0\\x80"},	/* surrogate */
	{"\xe2\x80\xae", 3, "\\xe2\\x80\\xae"}, /* right-to-left override */
	{"\xe2\x82\xac", 3, "\xe2\x82\xac"},	/* euro */
	{"\xe2\x82", 2, "\\xe2\\x82"},		/* cut */
};

static void test_escape(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
		AUTO(strbuf_release) struct strbuf sb = STRBUF_INIT;
		escape_add(&sb, vectors[i].raw, vectors[i].len);
		assert_string_equal(sb.text, vectors[i].safe);
		assert_int_equal(escape_is_plain(vectors[i].raw, vectors[i].len),
				 !strcmp(vectors[i].raw, vectors[i].safe) &&
					 strlen(vectors[i].safe) == vectors[i].len);
		AUTO(strbuf_release) struct strbuf back = STRBUF_INIT;
		assert_true(escape_undo(&back, sb.text, sb.len));
		assert_int_equal(back.len, vectors[i].len);
		assert_memory_equal(back.text, vectors[i].raw, back.len);
	}
}

static void test_undo_refuses(void **state)
{
	static const char *const bad[] = {"\\", "\\q", "\\x", "\\x1", "\\xg0", "a\\x1"};

	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		AUTO(strbuf_release) struct strbuf sb = STRBUF_INIT;
		assert_false(escape_undo(&sb, bad[i], strlen(bad[i])));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_escape),
					   cmocka_unit_test(test_undo_refuses)};

	return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
