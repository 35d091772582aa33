/* SPDX-License-Identifier: MIT */
#include "base/glob.h"
#include "base/auto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void vectors(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} rows[] = {
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "abc", true},
		{"a*", "abc", true}, {"*c", "abc", true}, {"*b*", "abc", true}, {"a?c", "abc", true},
		{"a?c", "ac", false}, {"?", "", false}, {"[a-c]x", "bx", true}, {"[a-c]x", "dx", false},
		{"[!a-c]x", "dx", true}, {"[^a-c]x", "ax", false}, {"[]]", "]", true},
		{"[]a]", "a", true}, {"[", "[", true}, {"[a", "[a", true}, {"a[b", "a[b", true},
		{"\\*", "*", true}, {"\\*", "a", false}, {"a\\", "a\\", true}, {"[a-]", "-", true},
		{"*a*b*c", "xxaxxbxxc", true}, {"*a*b*c", "xxaxxbxxcd", false}, {"ABC", "abc", false},
		{"**", "x", true}, {"a**b", "ab", true},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct glob glob = {.pattern = rows[i].pattern, .len = strlen(rows[i].pattern)};
		if (glob_matches(&glob, rows[i].text, strlen(rows[i].text)) != rows[i].matches)
			fail_msg("%s on %s", rows[i].pattern, rows[i].text);
	}
	struct glob folding = {.pattern = "/Run/*.[A-Z]ock", .len = 15, .fold_case = true};
	assert_true(glob_matches(&folding, "/rUN/x.SOCK", 11));
	assert_true(glob_has_wildcard("a*", 2));
	assert_false(glob_has_wildcard("a\\*", 3));
}

/* fnmatch() and friends take ages for this one. */
static void hostile_pattern_is_quick(void **state)
{
	char text[4096], pattern[256];

	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = i % 2 ? '*' : 'a';
	pattern[sizeof(pattern) - 1] = 'b';
	struct glob glob = {.pattern = pattern, .len = sizeof(pattern)};
	assert_false(glob_matches(&glob, text, sizeof(text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(hostile_pattern_is_quick),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
