/* SPDX-License-Identifier: MIT */
/* Who decides about colour: the option, then NO_COLOR, then the terminal. */
#include "render/color.h"
#include "base/auto.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct {
	const char *when, *no_color, *term;
	bool is_tty;
	int error;
	bool wanted;
} vectors[] = {
	{NULL, NULL, "xterm", true, 0, true},
	{NULL, NULL, "xterm", false, 0, false},
	{NULL, "1", "xterm", true, 0, false},
	{NULL, "", "xterm", true, 0, true},
	{NULL, NULL, "dumb", true, 0, false},
	{NULL, NULL, NULL, true, 0, false},
	{"always", "1", "dumb", false, 0, true},
	{"never", NULL, "xterm", true, 0, false},
	{"auto", NULL, "xterm", true, 0, true},
	{"yes", NULL, "xterm", true, -EINVAL, false},
};

static void check_choices(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
		bool wanted = false;
		assert_int_equal(color_choose(vectors[i].when, vectors[i].no_color,
					      vectors[i].term, vectors[i].is_tty, &wanted),
				 vectors[i].error);
		assert_int_equal(wanted, vectors[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(check_choices)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
