/* SPDX-License-Identifier: MIT */
/* What is no filter: one line that says where and what was expected; and the limits. */
#include "core/filter.h"
#include "base/auto.h"
#include "core/names.h"
#include "core/parse_error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static bool no_user(void *data, const char *name, uint32_t *ret)
{
	return false;
}

static const struct names names = {.user = no_user};
static const struct filter_context context = {.names = &names};

static void errors_say_where_and_what(void **state)
{
	static const struct {
		const char *filter, *text;
	} rows[] = {
		{"sport =", "column 8: expected a port after 'sport ='"},
		{"sport = and dport 1", "column 9: expected a port after 'sport ='"},
		{"sport = nosuch", "column 9: expected a port or service after 'sport ='"},
		{"sport = 80,x", "column 12: expected a port or service after 'sport ='"},
		{"sport = :65536", "column 10: expected a port or service after 'sport ='"},
		{"sport > *", "column 9: expected a port or service after 'sport >'"},
		{"dport 90-80", "column 7: expected a port or service after 'dport'"},
		{"dst", "column 4: expected an address after 'dst'"},
		{"dst 10.0.0.1/33", "column 14: expected a prefix length of 0 to 32, not '33'"},
		{"dst nosuch", "column 5: no address or host name 'nosuch'"},
		{"dst 10.1", "column 5: no address or host name '10.1'"},
		{"dst 10.0.0.1:x", "column 14: no port or service 'x'"},
		{"dst 10.0.0.1:65536", "column 14: ports end at 65535, not 65536"},
		{"dst [::1", "column 5: expected ']' after '[::1'"},
		{"dst > 10.0.0.1", "column 5: 'dst' takes = and != only"},
		{"dst vsock:1:2", "column 5: addresses of vsock: sockets cannot be seen yet"},
		{"dst inet6:10.0.0.1", "column 11: '10.0.0.1' is no IPv6 address"},
		{"( sport 80", "column 11: expected ')' for the '(' in column 1"},
		{"sport 80 )", "column 10: expected and, or, or the end, not ')'"},
		{"sport 80 and", "column 13: expected a predicate such as 'sport = :80' at the end"},
		{"and sport 80", "column 1: expected a predicate such as 'sport = :80', not 'and'"},
		{"()", "column 2: expected a predicate such as 'sport = :80', not ')'"},
		{"= 80", "column 1: expected a predicate such as 'sport = :80', not '='"},
		{"state nosuch", "column 7: expected a state such as established or listening after 'state'"},
		{"state", "column 6: expected a state such as established or listening after 'state'"},
		{"comm > a", "column 6: 'comm' is a text: it takes =, !=, ~ and !~"},
		{"pid ~ 1", "column 5: 'pid' is a number, and ~ is for texts"},
		{"pid = x", "column 7: expected a number after 'pid ='"},
		{"pid", "column 4: expected a value after 'pid'"},
		{"age > soon", "column 7: expected a time such as 5m or 1.5s after 'age >'"},
		{"user = nosuch", "column 8: no user 'nosuch'"},
		{"reuseport = maybe", "column 13: expected yes or no after 'reuseport ='"},
		{"fwmark = x", "column 10: expected a mark, or MARK/MASK, after 'fwmark ='"},
		{"bogus = 1", "column 1: no field 'bogus': expected src, dst, sport, dport, state, pid, "
			      "comm, user, unit or another column"},
		{"sport = 80 usre = root", "column 12: no field 'usre'; did you mean 'user'?"},
		{"src link:nosuch", "column 10: no Ethernet protocol 'nosuch'"},
		{"src netlink:nosuch", "column 13: no netlink family 'nosuch'"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct filter *filter = NULL;
		struct parse_error error = {};
		assert_int_equal(filter_parse(rows[i].filter, &context, &filter, &error), -EINVAL);
		assert_null(filter);
		assert_string_equal(error.text, rows[i].text);
	}
}

static void depth_is_bounded(void **state)
{
	char text[4096] = "";
	struct filter *filter = NULL;
	struct parse_error error = {};

	memset(text, '(', sizeof(text) - 1);
	assert_int_equal(filter_parse(text, &context, &filter, &error), -EINVAL);
	assert_string_equal(error.text, "column 101: nested more than 100 deep");
	for (size_t i = 0; i + 1 < sizeof(text); i++)
		text[i] = "! "[i % 2];
	assert_int_equal(filter_parse(text, &context, &filter, NULL), -EINVAL);
	/* A long list is no depth. */
	*text = '\0';
	for (size_t i = 0; i < 300; i++)
		strcat(text, "uid 1 or ");
	strcat(text, "uid 1");
	assert_int_equal(filter_parse(text, &context, &filter, NULL), 0);
	filter_free(filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_say_where_and_what),
		cmocka_unit_test(depth_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
