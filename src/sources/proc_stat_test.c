/* SPDX-License-Identifier: MIT */
/* What programs may call themselves must not confuse who they are. */
#include "sources/proc_stat.h"
#include "base/auto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define REST " S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 98765 1000 20\n"

static void stat_finds_the_words(void **state)
{
	static const struct {
		const char *text, *comm;
	} vectors[] = {
		{"42 (nginx)" REST, "nginx"},
		{"42 (a) b (c))" REST, "a) b (c)"},
		{"42 (x\ny) S 1 2)" REST, "x\ny) S 1 2"},
		{"42 ()" REST, ""},
		{"42 ( )" REST, " "},
		{"42 (()" REST, "("},
		{"42 ())" REST, ")"},
	};

	for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
		struct proc_stat stat;
		assert_true(proc_stat_parse(vectors[i].text, strlen(vectors[i].text), &stat));
		assert_int_equal(stat.pid, 42);
		assert_int_equal(stat.parent, 7);
		assert_int_equal(stat.n_threads, 3);
		assert_int_equal(stat.start_ticks, 98765);
		assert_int_equal(stat.state, 'S');
		assert_false(stat.is_kernel);
		assert_int_equal(stat.comm_len, strlen(vectors[i].comm));
		assert_memory_equal(stat.comm, vectors[i].comm, stat.comm_len);
	}
}

static void stat_knows_kernel_threads(void **state)
{
	static const char text[] = "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0\n";
	struct proc_stat stat;

	assert_true(proc_stat_parse(text, sizeof(text) - 1, &stat));
	assert_true(stat.is_kernel);
}

static void stat_refuses_what_is_cut(void **state)
{
	static const char whole[] = "42 (nginx)" REST;
	static const char *const wrong[] = {"", "(", ")", "()", "42", "42 (", "42 ()", "x (y)" REST,
					    "42(y)" REST, "-1 (y)" REST, "99999999999 (y)" REST,
					    "42 )(" REST};
	/* Up to the start time every word is needed. */
	const size_t needed = strstr(whole, "98765") - whole;
	struct proc_stat stat;

	for (size_t len = 0; len <= needed; len++)
		assert_false(proc_stat_parse(whole, len, &stat));
	for (size_t i = 0; i < N_ELEMENTS(wrong); i++)
		assert_false(proc_stat_parse(wrong[i], strlen(wrong[i]), &stat));
}

static void status_finds_uid_and_inner_pid(void **state)
{
	static const struct {
		const char *text;
		uint32_t uid, inner;
	} vectors[] = {
		{"Name:\tx\nUid:\t1000\t0\t0\t0\nNSpid:\t42\n", 1000, 0},
		{"Name:\tx\nUid:\t0\t0\t0\t0\nNSpid:\t42\t7\t1\n", 0, 1},
		{"Name:\tUid:\\n\nUid:\t5\t6\t7\t8", 5, 0},
		{"Name:\tx\n", UINT32_MAX, 0},
		{"Uid:\tx\nNSpid:\t1\tx\n", UINT32_MAX, 0},
		{"Uid:", UINT32_MAX, 0},
		{"", UINT32_MAX, 0},
	};

	for (size_t i = 0; i < N_ELEMENTS(vectors); i++) {
		struct proc_status status;
		proc_status_parse(vectors[i].text, strlen(vectors[i].text), &status);
		assert_int_equal(status.uid, vectors[i].uid);
		assert_int_equal(status.pid_inner, vectors[i].inner);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_finds_the_words),
		cmocka_unit_test(stat_knows_kernel_threads),
		cmocka_unit_test(stat_refuses_what_is_cut),
		cmocka_unit_test(status_finds_uid_and_inner_pid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
