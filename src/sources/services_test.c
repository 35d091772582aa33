/* SPDX-License-Identifier: MIT */
#include "sources/services.h"
#include "base/auto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void lines(void **state)
{
	static const char *const text[] = {
		"# a comment",  "",	      "http\t\t80/tcp\t\twww\t# WorldWideWeb",
		"  domain 53/udp", "x 99999/tcp", "y 80/sctp", "nothing", "z /tcp", "w 81/", "https 443/TCP",
		"again 80/tcp",	"late#r 7/tcp",
	};
	AUTO(services_release) struct services services = {};

	arena_init(&services.arena);
	for (size_t i = 0; i < N_ELEMENTS(text); i++)
		assert_int_equal(services_add_line(&services, text[i], strlen(text[i])), 0);
	assert_int_equal(services.n, 4);
	assert_string_equal(services_name(&services, SOCK_PROTO_TCP, 80), "http");
	assert_string_equal(services_name(&services, SOCK_PROTO_UDPLITE, 53), "domain");
	assert_string_equal(services_name(&services, SOCK_PROTO_TCP, 443), "https");
	assert_null(services_name(&services, SOCK_PROTO_UDP, 80));
	assert_null(services_name(&services, SOCK_PROTO_RAW, 80));
}

static void no_file_no_names(void **state)
{
	AUTO(services_release) struct services services;

	assert_int_equal(services_read(&services, "/nonexistent/services"), 0);
	assert_null(services_name(&services, SOCK_PROTO_TCP, 80));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(no_file_no_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
