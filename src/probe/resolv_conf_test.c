/* SPDX-License-Identifier: MIT */
/* Which names are asked for a name, and how long silence lasts. */
#include "probe/resolv_conf.h"
#include "core/resolving.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* resolv.conf(5): ndots, search */
static void test_names(void **state)
{
	static const struct {
		const char *name;
		unsigned ndots, n_search, n;
		const char *want[3];
	} rows[] = {
		{"db", 1, 2, 3, {"db.corp.test", "db.lab.test", "db"}},
		{"db.lab", 1, 2, 3, {"db.lab", "db.lab.corp.test", "db.lab.lab.test"}},
		{"db.lab", 2, 1, 2, {"db.lab.corp.test", "db.lab"}},
		{"db.", 2, 2, 1, {"db"}},
		{"db", 1, 0, 1, {"db"}},
		{"a.b", 0, 0, 1, {"a.b"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct resolv_conf conf = {.ndots = rows[i].ndots,
						 .n_search = rows[i].n_search,
						 .search = {"corp.test", "lab.test"}};
		char names[RESOLV_MAX_NAMES][256];
		assert_int_equal(resolv_conf_names(&conf, rows[i].name, names), rows[i].n);
		for (unsigned k = 0; k < rows[i].n; k++)
			assert_string_equal(names[k], rows[i].want[k]);
	}
}

static void test_long_names(void **state)
{
	const struct resolv_conf conf = {.ndots = 1, .n_search = 1, .search = {"corp.test"}};
	char names[RESOLV_MAX_NAMES][256], name[300];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[250] = '\0';
	assert_int_equal(resolv_conf_names(&conf, name, names), 1); /* no room for the domain */
	memset(name, 'a', 299);
	name[299] = '\0';
	assert_int_equal(resolv_conf_names(&conf, name, names), 0);
	assert_int_equal(resolv_conf_names(&conf, "", names), 2);
}

static void test_patience(void **state)
{
	struct resolv_conf conf = {.n_servers = 1, .timeout_s = 5, .attempts = 2};

	(void)state;
	assert_int_equal(resolv_conf_patience(&conf), 10);
	conf.n_servers = 2;
	assert_int_equal(resolv_conf_patience(&conf), 20); /* 5 + 10 / 2, twice */
	conf.n_servers = 3;
	assert_int_equal(resolv_conf_patience(&conf), 28); /* 5 + 10 / 3 + 20 / 3, twice */
	conf = (struct resolv_conf){.n_servers = 2, .timeout_s = 0, .attempts = 1};
	assert_int_equal(resolv_conf_patience(&conf), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_long_names),
					   cmocka_unit_test(test_patience)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
