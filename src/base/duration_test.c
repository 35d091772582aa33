/* SPDX-License-Identifier: MIT */
/* Durations typed and shown. */
#include "base/duration.h"
#include "base/auto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {{"0", 0},	     {"10", 10000},   {"1.5", 1500},	  {"250ms", 250},
		    {"2s", 2000},    {"5m", 300000},  {"1h30m", 5400000}, {"3d", 259200000},
		    {"0.25s", 250}, {"1.0005", 1000}};
	static const char *const bad[] = {"", "s", "-1", "1 s", "1x", "1.", ".5", "1mm", "99999999999",
					  "1e3", "99999999999999999999999"};
	uint64_t ms;

	for (size_t i = 0; i < N_ELEMENTS(good); i++) {
		assert_true(parse_duration_ms(good[i].text, &ms));
		assert_int_equal(ms, good[i].ms);
	}
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(parse_duration_ms(bad[i], &ms));
}

static void test_format(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} vectors[] = {{0, "0 ms"},	       {850, "850 ms"},	     {12340, "12 s"},
		       {200000, "3 min 20 s"}, {3600000, "1 h"},     {187200000, "2 d 4 h"},
		       {60000, "1 min"}};
	char text[DURATION_TEXT_SIZE];

	for (size_t i = 0; i < N_ELEMENTS(vectors); i++)
		assert_string_equal(format_duration_ms(vectors[i].ms, text), vectors[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse),
					   cmocka_unit_test(test_format)};

	return cmocka_run_group_tests_name("duration", tests, NULL, NULL);
}
