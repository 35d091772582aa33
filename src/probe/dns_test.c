/* SPDX-License-Identifier: MIT */
/* DNS messages, good and damaged. */
#include "probe/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t answer[] = {
	0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0,	 /* one question, one answer */
	2,    'a',  'b',  1,	'c', 0, 0, 1, 0, 1,		 /* ab.c A IN */
	0xc0, 12,   0,	  1,	0, 1, 0, 0, 0, 5, 0, 4, 10, 1, 2, 3,
};

static void test_query(void **state)
{
	uint8_t packet[512];
	char name[64];

	(void)state;
	size_t n = dns_query(packet, sizeof(packet), 7, "ab.c", DNS_TYPE_A, 0);
	assert_int_equal(n, 22);
	assert_int_equal(packet[0] << 8 | packet[1], 7);
	assert_true(dns_question(packet, n, name, sizeof(name)));
	assert_string_equal(name, "ab.c");
	assert_int_equal(dns_query(packet, sizeof(packet), 7, "a..b", DNS_TYPE_A, 0), 0);
	assert_int_equal(dns_query(packet, 8, 7, "ab.c", DNS_TYPE_A, 0), 0);
	n = dns_query(packet, sizeof(packet), 7, "ab.c", DNS_TYPE_AAAA, 1232);
	assert_int_equal(n, 22 + 11);
	assert_true(dns_question(packet, n, name, sizeof(name)));
}

static void test_answer(void **state)
{
	struct resolve_step step = {};

	(void)state;
	assert_true(dns_parse(answer, sizeof(answer), 0x1234, DNS_TYPE_A, &step));
	assert_int_equal(step.result, RESOLVE_FOUND);
	assert_int_equal(step.n_addrs, 1);
	struct addr want = addr_ipv4(0x0a010203);
	assert_true(addr_equal(&step.addrs[0], &want));
	assert_false(dns_parse(answer, sizeof(answer), 0x1235, DNS_TYPE_A, &step));
}

static void test_damage(void **state)
{
	uint8_t packet[sizeof(answer)];
	char name[16];

	(void)state;
	for (size_t len = 0; len < sizeof(answer); len++) {
		struct resolve_step step = {};
		memcpy(packet, answer, len);
		dns_parse(packet, len, 0x1234, DNS_TYPE_A, &step);
		assert_int_equal(step.n_addrs, 0);
		dns_question(packet, len, name, sizeof(name));
	}
}

static void test_rcodes(void **state)
{
	static const enum resolve_result results[] = {RESOLVE_NO_DATA, RESOLVE_REFUSED, RESOLVE_SERVFAIL,
						      RESOLVE_NO_NAME, RESOLVE_REFUSED, RESOLVE_REFUSED};

	(void)state;
	for (uint8_t rcode = 0; rcode < 6; rcode++) {
		const uint8_t packet[12] = {0x12, 0x34, 0x81, (uint8_t)(0x80 | rcode)};
		struct resolve_step step = {};
		assert_true(dns_parse(packet, sizeof(packet), 0x1234, DNS_TYPE_A, &step));
		assert_int_equal(step.result, results[rcode]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_query), cmocka_unit_test(test_answer),
					   cmocka_unit_test(test_damage), cmocka_unit_test(test_rcodes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
