/* SPDX-License-Identifier: MIT */
/* HOST:PORT in its spellings. */
#include "core/endpoint.h"
#include "base/auto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_good(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
	} vectors[] = {
		{"db.example:5432", "db.example", 5432}, {"10.0.0.1:80", "10.0.0.1", 80},
		{"[::1]:80", "::1", 80},		 {"[fe80::1%eth0]:1", "fe80::1%eth0", 1},
		{":8080", "localhost", 8080},		 {"8080", "localhost", 8080},
		{"a:0", "a", 0},			 {"b:65535", "b", 65535},
	};

	for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
		struct endpoint endpoint;
		assert_null(endpoint_parse(vectors[i].text, &endpoint));
		assert_string_equal(endpoint.host, vectors[i].host);
		assert_int_equal(endpoint.port, vectors[i].port);
	}
}

static void test_bad(void **state)
{
	static const char *const bad[] = {"",	   "host",    "host:",	"host:65536", "::1:80",
					  "[::1]", "[::1]80", "[::1:80", "[]:80",    "a b:80",
					  "\x1b[2J:80", "host:-1", "host:0x50"};
	struct endpoint endpoint;
	char name[400];

	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_non_null(endpoint_parse(bad[i], &endpoint));
	memset(name, 'a', sizeof(name));
	strcpy(name + 300, ":80");
	assert_non_null(endpoint_parse(name, &endpoint));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad)};

	return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
