/* SPDX-License-Identifier: MIT */
#include "base/line_in.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_lines(void **state)
{
	static const char text[] = "one\n\nt\0o\nlast";
	FILE *file = fmemopen((void *)(uintptr_t)text, sizeof(text) - 1, "r");
	char *line = NULL;
	size_t room = 0;

	assert_int_equal(line_in_read(file, &line, &room, 100), 3);
	assert_string_equal(line, "one");
	assert_int_equal(line_in_read(file, &line, &room, 100), 0);
	assert_string_equal(line, "");
	assert_int_equal(line_in_read(file, &line, &room, 100), 3);
	assert_memory_equal(line, "t\0o", 4);
	assert_int_equal(line_in_read(file, &line, &room, 100), 4);
	assert_string_equal(line, "last");
	assert_int_equal(line_in_read(file, &line, &room, 100), -ENODATA);
	free(line);
	fclose(file);
}

static void test_long_lines(void **state)
{
	char text[1200], *line = NULL;
	size_t room = 0;

	memset(text, 'x', sizeof(text));
	text[1000] = '\n';
	FILE *file = fmemopen(text, sizeof(text), "r");
	assert_int_equal(line_in_read(file, &line, &room, 1000), 1000);
	assert_int_equal(strlen(line), 1000);
	assert_int_equal(line_in_read(file, &line, &room, 198), -E2BIG);
	free(line);
	fclose(file);
	file = fopen("/dev/zero", "re");
	line = NULL;
	room = 0;
	assert_int_equal(line_in_read(file, &line, &room, 5000), -E2BIG);
	assert_true(room < 20000);
	free(line);
	fclose(file);
}

static void test_no_file(void **state)
{
	FILE *file = fopen("/", "re");
	char *line = NULL;
	size_t room = 0;

	assert_non_null(file);
	assert_int_equal(line_in_read(file, &line, &room, 100), -EISDIR);
	free(line);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
