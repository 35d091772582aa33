/* SPDX-License-Identifier: MIT */
#include "core/seccomp.h"
#include "base/auto.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct sock_filter deny_bind[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xc000003e, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 49, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/* socket() of another family than AF_INET: as SystemCallFilter's RestrictAddressFamilies does. */
static const struct sock_filter only_inet[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
	BPF_STMT(BPF_ST, 3),
	BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 2),
	BPF_STMT(BPF_LD | BPF_MEM, 3),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_LD | BPF_IMM, SECCOMP_RET_ERRNO),
	BPF_STMT(BPF_ALU | BPF_OR | BPF_K, EAFNOSUPPORT),
	BPF_STMT(BPF_RET | BPF_A, 0),
};

static uint32_t answer(const struct sock_filter *code, size_t n, const struct seccomp_data *call)
{
	const struct seccomp_filter_code filter = {code, n};
	uint32_t action = 0;

	assert_true(seccomp_run(&filter, call, &action));
	return action;
}

static void runs(void **state)
{
	struct seccomp_data call = {.nr = 49, .arch = 0xc000003e};

	(void)state;
	assert_int_equal(seccomp_errno(answer(deny_bind, N_ELEMENTS(deny_bind), &call)), EPERM);
	call.nr = 42;
	assert_int_equal(answer(deny_bind, N_ELEMENTS(deny_bind), &call), SECCOMP_RET_ALLOW);
	call.arch = 1;
	assert_int_equal(answer(deny_bind, N_ELEMENTS(deny_bind), &call), SECCOMP_RET_KILL_PROCESS);
	call.args[0] = 2;
	assert_int_equal(answer(only_inet, N_ELEMENTS(only_inet), &call), SECCOMP_RET_ALLOW);
	call.args[0] = 10;
	assert_int_equal(seccomp_errno(answer(only_inet, N_ELEMENTS(only_inet), &call)), EAFNOSUPPORT);
}

static void worst_counts(void **state)
{
	const struct seccomp_filter_code both[] = {{only_inet, N_ELEMENTS(only_inet)},
						   {deny_bind, N_ELEMENTS(deny_bind)}};
	struct seccomp_data call = {.nr = 49, .arch = 1, .args = {10}};
	uint32_t action;

	(void)state;
	assert_true(seccomp_decide(both, 2, &call, &action));
	assert_int_equal(action, SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(seccomp_errno(action), 0);
	call.arch = 0xc000003e;
	assert_true(seccomp_decide(both, 2, &call, &action));
	assert_int_equal(action & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
	assert_true(seccomp_decide(both, 0, &call, &action));
	assert_int_equal(action, SECCOMP_RET_ALLOW);
}

static void refuses_nonsense(void **state)
{
	static const struct sock_filter bad[][2] = {
		{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 62), BPF_STMT(BPF_RET | BPF_K, 0)},
		{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4096), BPF_STMT(BPF_RET | BPF_K, 0)},
		{BPF_STMT(BPF_ST, 16), BPF_STMT(BPF_RET | BPF_K, 0)},
		{BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0), BPF_STMT(BPF_RET | BPF_K, 0)},
		{BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), BPF_STMT(BPF_RET | BPF_K, 0)},
		{BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 200, 200), BPF_STMT(BPF_RET | BPF_K, 0)},
		{BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_LD | BPF_IMM, 1)},
	};
	const struct seccomp_data call = {};
	uint32_t action;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		const struct seccomp_filter_code filter = {bad[i], 2};
		assert_false(seccomp_run(&filter, &call, &action));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs),
		cmocka_unit_test(worst_counts),
		cmocka_unit_test(refuses_nonsense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
