/* SPDX-License-Identifier: MIT */
/* Every cause has an id of its own, words, and a page. */
#include "core/cause.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_rows(void **state)
{
	(void)state;
	for (int i = 0; i < N_CAUSES; i++) {
		assert_non_null(cause_rows[i].id);
		assert_true(strlen(cause_rows[i].meaning) > 10);
		for (const char *p = cause_rows[i].id; *p; p++)
			assert_true(islower((unsigned char)*p) || *p == '-' || isdigit((unsigned char)*p));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(cause_rows[k].id, cause_rows[i].id);
	}
}

static void test_pages(void **state)
{
	char path[512];

	(void)state;
	for (int i = 0; i < N_CAUSES; i++) {
		const char *slash = strrchr(__FILE__, '/');
		snprintf(path, sizeof(path), "%.*s/../../docs/causes/%s.md", (int)(slash - __FILE__),
			 __FILE__, cause_rows[i].id);
		const char *name = strstr(path, "docs/"); /* run from the source's top instead */
		if (access(path, R_OK) && (!name || access(name, R_OK)))
			fail_msg("no page %s", path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_pages)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
