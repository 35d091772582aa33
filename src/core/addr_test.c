/* SPDX-License-Identifier: MIT */
/* Addresses in and out of text, and their classes. */
#include "core/addr.h"
#include "base/auto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const struct {
	const char *text, *canonical;
	bool any, loopback, multicast, link_local;
} vectors[] = {
	{"0.0.0.0", "0.0.0.0", .any = true},
	{"127.0.0.1", "127.0.0.1", .loopback = true},
	{"127.255.255.254", "127.255.255.254", .loopback = true},
	{"10.0.0.255", "10.0.0.255"},
	{"224.0.0.251", "224.0.0.251", .multicast = true},
	{"169.254.1.2", "169.254.1.2", .link_local = true},
	{"::", "::", .any = true},
	{"::1", "::1", .loopback = true},
	{"FD00:0:0::2", "fd00::2"},
	{"fe80::1%3", "fe80::1%3", .link_local = true},
	{"ff02::fb", "ff02::fb", .multicast = true},
	{"::ffff:127.0.0.1", "::ffff:127.0.0.1", .loopback = true},
	{"::ffff:0.0.0.0", "::ffff:0.0.0.0", .any = true},
};

static void test_parse_format(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
		struct addr addr;
		char text[ADDR_TEXT_SIZE];
		assert_true(addr_parse(vectors[i].text, &addr));
		assert_string_equal(addr_format(&addr, text), vectors[i].canonical);
		assert_int_equal(addr_is_any(&addr), vectors[i].any);
		assert_int_equal(addr_is_loopback(&addr), vectors[i].loopback);
		assert_int_equal(addr_is_multicast(&addr), vectors[i].multicast);
		assert_int_equal(addr_is_link_local(&addr), vectors[i].link_local);
	}
}

static void test_refuse(void **state)
{
	static const char *const bad[] = {"",	   "1.2.3",   "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
					  "::1%",  "::1%eth0", ":::",	   "[::1]",	"1.2.3.4%1",
					  "::1%99999999999", "g::1"};
	struct addr addr;

	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(addr_parse(bad[i], &addr));
}

static void test_prefix(void **state)
{
	struct addr net, in, out;

	assert_true(addr_parse("10.1.128.0", &net) && addr_parse("10.1.255.9", &in) &&
		    addr_parse("10.1.127.255", &out));
	assert_true(addr_in_prefix(&in, &net, 17));
	assert_false(addr_in_prefix(&out, &net, 17));
	assert_true(addr_in_prefix(&out, &net, 0));
	assert_false(addr_in_prefix(&in, &net, 33));
	struct addr mapped = addr_mapped(&in), back = addr_unmapped(&mapped);
	assert_true(addr_is_mapped(&mapped) && addr_equal(&back, &in));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse_format),
					   cmocka_unit_test(test_refuse),
					   cmocka_unit_test(test_prefix)};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
