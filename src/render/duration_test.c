/* SPDX-License-Identifier: MIT */
/* Every unit and both sides of every border. */
#include "render/duration.h"
#include "base/auto.h"
#include "base/strbuf.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct {
	double seconds;
	const char *text;
} vectors[] = {
	{0, "0s"},	   {0.00008, "80us"},	{0.0042, "4.2ms"},   {0.9999, "999ms"},
	{1, "1.0s"},	   {4.29, "4.2s"},	{9.99, "9.9s"},	     {10, "10s"},
	{59.9, "59s"},	   {60, "1m"},		{312, "5m12s"},	     {3599, "59m59s"},
	{3600, "1h"},	   {11520, "3h12m"},	{86399, "23h59m"},   {86400, "1d"},
	{1051200, "12d4h"}, {31536000, "1y"},	{95644800, "3y12d"}, {-1, "?"},
	{(double)NAN, "?"}, {1e300, "?"},
};

static void check_all(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
		AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
		duration_add(&text, vectors[i].seconds);
		assert_string_equal(text.text, vectors[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(check_all)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
