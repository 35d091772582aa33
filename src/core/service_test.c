/* SPDX-License-Identifier: MIT */
/* The tables are sorted and complete, and the words claim no more than they know. */
#include "core/service.h"
#include "base/auto.h"
#include "base/strbuf.h"
#include "core/service_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void test_sorted(void **state)
{
	assert_true(service_iana_count > 5000);
	for (size_t i = 1; i < service_iana_count; i++)
		assert_true(service_iana_rows[i - 1].port <= service_iana_rows[i].port);
	assert_true(service_usual_count >= 150);
	for (size_t i = 0; i < service_usual_count; i++) {
		assert_true(!i || service_usual_rows[i - 1].port <= service_usual_rows[i].port);
		assert_true(*service_usual_rows[i].name && *service_usual_rows[i].source);
	}
	for (size_t i = 1; i < service_advice_count; i++)
		assert_true(service_advice_rows[i - 1].port <= service_advice_rows[i].port);
}

static void test_describe(void **state)
{
	static const struct {
		enum sock_proto proto;
		uint16_t port;
		const char *file, *text;
	} vectors[] = {
		{SOCK_PROTO_TCP, 5432, "postgresql", "postgresql (IANA)"},
		{SOCK_PROTO_TCP, 9090, NULL, "websm (IANA), usually Prometheus (or Cockpit)"},
		{SOCK_PROTO_UDP, 51820, NULL, "usually WireGuard"},
		{SOCK_PROTO_TCP, 51820, NULL, ""},
		{SOCK_PROTO_TCP, 64999, "mine", "mine (/etc/services)"},
		{SOCK_PROTO_UNIX, 80, NULL, ""},
	};

	for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
		AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
		service_describe(vectors[i].proto, vectors[i].port, vectors[i].file, &text);
		assert_string_equal(text.text, vectors[i].text);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		uint16_t port;
	} known[] = {{"ftp", 21},   {"ssh", 22},	 {"telnet", 23}, {"smtp", 25},
		     {"domain", 53}, {"http", 80},	 {"pop3", 110},	 {"ntp", 123},
		     {"imap", 143}, {"https", 443},	 {"mysql", 3306}, {"postgresql", 5432},
		     {"redis", 6379}, {"mongodb", 27017}};
	uint16_t port;

	for (size_t i = 0; i < N_ELEMENTS(known); i++) {
		assert_true(service_port(known[i].name, strlen(known[i].name), SOCK_PROTO_OTHER,
					 &port));
		assert_int_equal(port, known[i].port);
	}
	assert_string_equal(service_iana(SOCK_PROTO_TCP, 8080, NULL), "http-alt");
	assert_false(service_port("http-al", 7, SOCK_PROTO_TCP, &port));
	assert_false(service_port("", 0, SOCK_PROTO_TCP, &port));
	assert_non_null(service_advice(SOCK_PROTO_TCP, 23));
	assert_null(service_advice(SOCK_PROTO_TCP, 22));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_sorted),
					   cmocka_unit_test(test_describe),
					   cmocka_unit_test(test_names)};

	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
