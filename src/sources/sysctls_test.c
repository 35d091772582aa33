/* SPDX-License-Identifier: MIT */
/* Ranges and lists of ranges as /proc/sys prints them. */
#include "sources/sysctls.h"
#include "base/auto.h"
#include "core/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_range(void **state)
{
	static const char *const bad[] = {"", "\n", "1", "1\n", "1 2 3", "a\tb", "1\t65536\n", "-1\t2"};
	struct port_range range;

	assert_true(sysctl_parse_range("32768\t60999\n", &range));
	assert_int_equal(range.low, 32768);
	assert_int_equal(range.high, 60999);
	assert_true(sysctl_parse_range("1 1", &range));
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(sysctl_parse_range(bad[i], &range));
}

static void test_ranges(void **state)
{
	struct port_range ranges[4];

	assert_int_equal(sysctl_parse_ranges("\n", 4, ranges), 0);
	assert_int_equal(sysctl_parse_ranges("80\n", 4, ranges), 1);
	assert_true(ranges[0].low == 80 && ranges[0].high == 80);
	assert_int_equal(sysctl_parse_ranges("1-3,8080,65535\n", 2, ranges), 3);
	assert_true(ranges[0].low == 1 && ranges[0].high == 3 && ranges[1].low == 8080);
	assert_int_equal(sysctl_parse_ranges("7,70000,9\n", 4, ranges), 1);
	assert_int_equal(sysctl_parse_ranges("7-", 4, ranges), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
