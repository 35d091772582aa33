/* SPDX-License-Identifier: MIT */
/* Flows in their spellings, written back in ours. */
#include "core/flow.h"
#include "base/auto.h"
#include "core/names.h"
#include "core/parse_error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static size_t host(void *data, const char *name, struct addr *ret, size_t room)
{
	if (strcmp(name, "both") || room < 2)
		return 0;
	addr_parse("fe80::9", &ret[0]);
	addr_parse("10.0.0.9", &ret[1]);
	return 2;
}

static bool service(void *data, const char *name, uint16_t *ret)
{
	*ret = 80;
	return !strcmp(name, "http");
}

static const struct names names = {.service = service, .host = host};

static void good(void **state)
{
	static const struct {
		const char *text, *canonical;
	} rows[] = {
		{"tcp 1.2.3.4:50001 > 10.0.0.2:80", "tcp 1.2.3.4:50001 > 10.0.0.2:80"},
		{"1.2.3.4:50001>10.0.0.2:80", "tcp 1.2.3.4:50001 > 10.0.0.2:80"},
		{"udp [::1]:5 -> [::1]:53", "udp [::1]:5 > [::1]:53"},
		{"UDP/[::1]:5->[::1]:53", "udp [::1]:5 > [::1]:53"},
		{"udplite:1.2.3.4:5 > 1.2.3.5:6", "udplite 1.2.3.4:5 > 1.2.3.5:6"},
		{"10.0.0.2:http", "tcp > 10.0.0.2:80"},
		{"tcp > 10.0.0.2:80", "tcp > 10.0.0.2:80"},
		{"tcp>10.0.0.2:80", "tcp > 10.0.0.2:80"},
		{"tcp 10.0.0.2:80", "tcp > 10.0.0.2:80"},
		{"tcp 1.2.3.4 > 10.0.0.2:80", "tcp 1.2.3.4 > 10.0.0.2:80"},
		{"tcp 1.2.3.4 > both:80", "tcp 1.2.3.4 > 10.0.0.9:80"},
		{"tcp ::1 > both:80", "tcp ::1 > [fe80::9]:80"},
		{"[::ffff:1.2.3.4]:5 > 10.0.0.2:80", "tcp 1.2.3.4:5 > 10.0.0.2:80"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct flow flow;
		struct parse_error error = {};
		char text[FLOW_TEXT_SIZE];
		if (flow_parse(rows[i].text, &names, &flow, &error))
			fail_msg("'%s': %s", rows[i].text, error.text);
		assert_string_equal(flow_format(&flow, text), rows[i].canonical);
	}
}

static void bad(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"", "column 1: expected the destination's ADDRESS:PORT"},
		{"tcp 1.2.3.4:5 >", "column 16: expected the destination's ADDRESS:PORT"},
		{"1.2.3.4:5 > 10.0.0.2", "column 21: expected ':' and the destination's port"},
		{"1.2.3.4:5 > [::1]:80", "column 13: one end is IPv4 and the other IPv6"},
		{"1.2.3.4:5 > *:80", "column 13: expected ADDRESS:PORT, not '*:80'"},
		{"1.2.3.4:5 > 10.0.0.0/8:80", "column 13: a packet has one address, not the network 10.0.0.0/8:80"},
		{"1.2.3.4:0 > 10.0.0.2:80", "column 1: no packet has the port 0"},
		{"10.0.0.2:80-90", "column 1: a packet has one port, not the range 80-90"},
		{"nosuch:80", "column 1: no address or host name 'nosuch'"},
		{"/run/x", "column 1: expected ADDRESS:PORT, not '/run/x'"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct flow flow;
		struct parse_error error = {};
		assert_int_equal(flow_parse(rows[i].text, &names, &flow, &error), -EINVAL);
		assert_string_equal(error.text, rows[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(bad)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
