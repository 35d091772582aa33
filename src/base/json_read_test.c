/* SPDX-License-Identifier: MIT */
/* JSON as libraries print it, and what is not JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json_read.h"
#include "base/auto.h"

static void reads(void **state)
{
	struct arena arena;

	arena_init(&arena);
	const struct json_value *v = json_read(&arena, " {\"a\": [1, -2.5e3, \"x\\n\\u00e9\"],"
						       "\"b\":{\"c\":null,\"d\":true}} \n");
	assert_non_null(v);
	const struct json_value *a = json_get(v, "a");
	assert_int_equal(a->kind, JSON_ARRAY);
	assert_int_equal(a->first->number, 1);
	assert_int_equal(a->first->next->number, -2);
	assert_string_equal(a->first->next->next->text, "x\n\xc3\xa9");
	assert_true(json_get(json_get(v, "b"), "d")->truth);
	assert_int_equal(json_get(json_get(v, "b"), "c")->kind, JSON_NULL);
	assert_null(json_get(a, "a"));
	assert_int_equal(json_get_number(v, "zz", 7), 7);
	arena_release(&arena);
}

static void refuses(void **state)
{
	static const char *const bad[] = {"", "{", "[1,]", "{\"a\"}", "\"x", "\"\\u12g4\"", "nul",
					  "1 2", "{a:1}", "\"\\", "[1 2]", "-x"};
	struct arena arena;
	char deep[400];

	arena_init(&arena);
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_null(json_read(&arena, bad[i]));
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_null(json_read(&arena, deep));
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reads), cmocka_unit_test(refuses)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
