/* SPDX-License-Identifier: MIT */
/* What the writer writes, byte for byte. */
#include "base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static int keep(void *data, const char *bytes, size_t len)
{
	strbuf_add(data, bytes, len);
	return 0;
}

static void check_nesting(void **state)
{
	struct strbuf got = STRBUF_INIT;
	struct out out;
	struct json json;

	out_init(&out, keep, &got);
	json_init(&json, &out);
	json_open(&json, '{');
	json_put_text(&json, "a", "x\"y\\z");
	json_key(&json, "b");
	json_open(&json, '[');
	json_u64(&json, UINT64_MAX);
	json_i64(&json, INT64_MIN);
	json_open(&json, '{');
	json_close(&json, '}');
	json_null(&json);
	json_lines(&json, "one \"1\"\n  two\x1b\n");
	json_close(&json, ']');
	json_put_bool(&json, "c", true);
	json_close(&json, '}');
	json_end(&json);
	assert_int_equal(out_flush(&out), 0);
	assert_string_equal(got.text, "{\"a\":\"x\\\"y\\\\\\\\z\",\"b\":[18446744073709551615,"
				      "-9223372036854775808,{},null,"
				      "\"one \\\"1\\\"\\n  two\\\\x1b\\n\"],\"c\":true}\n");
	json_release(&json);
	out_release(&out);
	strbuf_release(&got);
}

static void check_odd_values(void **state)
{
	struct strbuf got = STRBUF_INIT;
	struct out out;
	struct json json;

	out_init(&out, keep, &got);
	json_init(&json, &out);
	json_open(&json, '[');
	json_double(&json, 1.5);
	json_double(&json, 3);
	json_double(&json, 0.0004);
	json_double(&json, (double)NAN);
	json_text_n(&json, "a\0b\xff\n\xc3\xa9", 7);
	json_close(&json, ']');
	out_flush(&out);
	assert_string_equal(got.text, "[1.5,3,0,null,\"a\\\\x00b\\\\xff\\\\n\xc3\xa9\"]");
	json_release(&json);
	out_release(&out);
	strbuf_release(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_nesting),
		cmocka_unit_test(check_odd_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
