/* SPDX-License-Identifier: MIT */
/* Wide, combining and plain characters; cutting never splits one. */
#include "render/width.h"
#include "base/auto.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct {
	const char *text;
	size_t width;
} vectors[] = {
	{"", 0},
	{"nginx", 5},
	{"na\xc3\xafve", 5},
	{"e\xcc\x81", 1},		 /* combining acute */
	{"\xe6\xb8\xaf\xe5\x8f\xa3", 4}, /* two wide characters */
	{"\xf0\x9f\x9a\xa2!", 3},	 /* an emoji is wide */
};

static void check_widths(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(vectors); i++)
		assert_int_equal(width_of(vectors[i].text, strlen(vectors[i].text)),
				 vectors[i].width);
}

static void check_fit(void **state)
{
	const char *text = "\xe6\xb8\xaf\xe5\x8f\xa3x";
	size_t columns = 99;

	assert_int_equal(width_fit(text, 7, 3, &columns), 3);
	assert_int_equal(columns, 2);
	assert_int_equal(width_fit(text, 7, 4, &columns), 6);
	assert_int_equal(columns, 4);
	assert_int_equal(width_fit(text, 7, 0, &columns), 0);
	assert_int_equal(columns, 0);
	assert_int_equal(width_fit(text, 7, 50, &columns), 7);
	assert_int_equal(columns, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_widths),
		cmocka_unit_test(check_fit),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
