/* SPDX-License-Identifier: MIT */
/* The three formats of /proc/net counters, and what rose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/auto.h"
#include "core/case.h"
#include "sources/counters.h"

static uint64_t value(const struct counters *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->all[i].name, name))
			return c->all[i].value;
	return UINT64_MAX;
}

static void pairs(void **state)
{
	struct counters c = {};

	counters_parse_pairs(&c, "Ip: Forwarding InHdrErrors\nIp: 1 7\nTcp: A B C\nTcp: 1 -1 3\n");
	assert_int_equal(c.n, 5);
	assert_int_equal(value(&c, "Ip.InHdrErrors"), 7);
	assert_int_equal(value(&c, "Tcp.C"), 3);
	counters_release(&c);
	counters_parse_pairs(&c, "Ip: A B\nTcp: 1 2\n");
	assert_int_equal(c.n, 0);
	counters_parse_pairs(&c, "Ip: A");
	assert_int_equal(c.n, 0);
	counters_release(&c);
}

static void lines(void **state)
{
	struct counters c = {};

	counters_parse_lines(&c, "", "Ip6InReceives                   \t8\nIcmp6OutErrors\t2\n");
	counters_parse_lines(&c, "Xfrm", "XfrmInNoPols \t5\nbroken\n");
	assert_int_equal(c.n, 3);
	assert_int_equal(value(&c, "Ip6.InReceives"), 8);
	assert_int_equal(value(&c, "Xfrm.XfrmInNoPols"), 5);
	counters_release(&c);
}

static void table(void **state)
{
	struct counters c = {};

	counters_parse_table(&c, "conntrack", "entries  drop\n00000010 00000001\n00000010 0000000f\n");
	assert_int_equal(value(&c, "conntrack.drop"), 16);
	counters_release(&c);
}

static void rises(void **state)
{
	struct counters before = {}, after = {};
	AUTO(case_freep) struct case_facts *facts = case_new();
	struct place *place = case_add_place(facts);

	counters_parse_pairs(&before, "Ip: A B\nIp: 1 5\n");
	counters_parse_pairs(&after, "Ip: A B\nIp: 4 5\n");
	counters_compare(&facts->arena, place, &before, &after);
	assert_int_equal(place->n_counters, 1);
	assert_int_equal(place_counter(place, "Ip.A"), 3);
	assert_int_equal(place_counter(place, "Ip.B"), 0);
	counters_release(&before);
	counters_release(&after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(pairs), cmocka_unit_test(lines),
					   cmocka_unit_test(table), cmocka_unit_test(rises)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
