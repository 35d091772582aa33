/* SPDX-License-Identifier: MIT */
/* What is JSON and what is not, by the skipper; and each reader's value. */
#include "record/json_in.h"
#include "base/auto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct {
	const char *text;
	bool good;
} vectors[] = {
	{"{}", true},
	{"[]", true},
	{" { \"a\" : [ 1 , -2.5e+3 , true , false , null , \"x\" ] , \"b\" : {} } ", true},
	{"\"\\u00e9\\ud83d\\udea2\\n\\/\"", true},
	{"0", true},
	{"-0.5", true},
	{"", false},
	{"{", false},
	{"{\"a\"}", false},
	{"{\"a\":}", false},
	{"{\"a\":1,}", false},
	{"{\"a\":1 \"b\":2}", false},
	{"{a:1}", false},
	{"[1,]", false},
	{"[,1]", false},
	{"[1 2]", false},
	{"[1}", false},
	{"01", false},
	{"1.", false},
	{"1e", false},
	{"-", false},
	{"+1", false},
	{"nul", false},
	{"truex", false},
	{"\"a", false},
	{"\"\\x\"", false},
	{"\"\\u12\"", false},
	{"\"\\ud800\"", false},
	{"\"\\udc00\"", false},
	{"\"\t\"", false},
	{"\"\xff\"", false},
	{"1 2", false},
};

static bool is_json(const char *text, size_t len)
{
	AUTO(json_in_release) struct json_in in;

	json_in_init(&in, text, len);
	return json_in_skip(&in) && json_in_end(&in);
}

static void check_grammar(void **state)
{
	char deep[200];

	for (size_t i = 0; i < N_ELEMENTS(vectors); i++)
		if (is_json(vectors[i].text, strlen(vectors[i].text)) != vectors[i].good)
			fail_msg("%s", vectors[i].text);
	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	assert_false(is_json(deep, 200));
	assert_true(is_json(deep + 50, 100));
}

static void check_values(void **state)
{
	const char *text = "{\"n\":18446744073709551615,\"i\":-5,\"t\":\"\\u00e9\\ud83d\\udea2\","
			   "\"b\":true,\"a\":[7,8]}";
	AUTO(json_in_release) struct json_in in;
	uint64_t number;
	int64_t whole;
	bool flag;

	json_in_init(&in, text, strlen(text));
	assert_true(json_in_object(&in));
	assert_true(json_in_key(&in) && !strcmp(in.text.text, "n"));
	assert_true(json_in_u64(&in, UINT64_MAX, &number) && number == UINT64_MAX);
	assert_true(json_in_key(&in) && json_in_i64(&in, &whole) && whole == -5);
	assert_true(json_in_key(&in) && json_in_text(&in));
	assert_string_equal(in.text.text, "\xc3\xa9\xf0\x9f\x9a\xa2");
	assert_true(json_in_key(&in) && json_in_bool(&in, &flag) && flag);
	assert_true(json_in_key(&in) && json_in_array(&in));
	assert_true(json_in_item(&in) && json_in_u64(&in, 7, &number) && number == 7);
	assert_true(json_in_item(&in));
	assert_false(json_in_u64(&in, 7, &number));
	assert_string_equal(in.error, "the number is too big");
	assert_false(json_in_item(&in));
	assert_false(json_in_end(&in));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_grammar),
		cmocka_unit_test(check_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
