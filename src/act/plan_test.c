/* SPDX-License-Identifier: MIT */
/* Who is in a plan and who is not. */
#include "act/plan.h"
#include "base/auto.h"
#include "core/parse_error.h"
#include "core/snapshot.h"
#include "core/what.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct snapshot *snap;

static void add(enum sock_state state, uint16_t local, uint16_t remote, uint32_t pid)
{
	struct sock *sock = snapshot_add_sock(snap);
	size_t at = 0;

	sock->local = addr_ipv4(0x7f000001);
	sock->remote = remote ? addr_ipv4(0x7f000001) : addr_any(ADDR_IPV4);
	sock->local_port = local;
	sock->remote_port = remote;
	sock->state = state;
	sock->inode = pid ? (uint32_t)snap->n_socks + 100 : 0;
	while (at < snap->n_procs && snap->procs[at].pid != pid)
		at++;
	if (pid && at == snap->n_procs)
		*snapshot_add_proc(snap) = (struct proc){.pid = pid, .comm = "x", .parent = 1};
	if (pid)
		assert_int_equal(snapshot_add_owner(snap, snap->n_socks - 1, at, 3), 0);
}

static void make(const char *text, bool connections, struct plan *plan)
{
	static const struct plan_kept kept = {.pids = {999, 998}, .n = 2};
	AUTO(what_freep) struct what *what = NULL;
	struct parse_error error = {};

	snapshot_index(snap);
	assert_int_equal(what_parse(text, NULL, &what, &error), 0);
	assert_int_equal(plan_make(snap, what, connections, &kept, plan), 0);
}

static bool stops(const struct plan *plan, uint32_t pid)
{
	for (size_t i = 0; i < plan->n_processes; i++)
		if (snap->procs[plan->processes[i].proc].pid == pid)
			return true;
	return false;
}

static int setup(void **state)
{
	snap = snapshot_new();
	snapshot_add_namespace(snap);
	return !snap;
}

static int teardown(void **state)
{
	snapshot_free(snap);
	return 0;
}

static void test_listener_and_workers(void **state)
{
	AUTO(plan_release) struct plan plan, all;

	add(SOCK_STATE_LISTEN, 8080, 0, 10);
	add(SOCK_STATE_ESTABLISHED, 8080, 50000, 11); /* a worker with an accepted connection */
	add(SOCK_STATE_ESTABLISHED, 50000, 8080, 12); /* its client */
	add(SOCK_STATE_LISTEN, 9090, 0, 10);
	make("8080", false, &plan);
	assert_true(stops(&plan, 10) && !stops(&plan, 11) && !stops(&plan, 12));
	assert_int_equal(plan.processes[0].n_other_open, 1);
	make("8080", true, &all);
	assert_true(stops(&all, 10) && stops(&all, 11) && !stops(&all, 12));
}

static void test_outgoing_is_left_alone(void **state)
{
	AUTO(plan_release) struct plan plan, named;

	add(SOCK_STATE_ESTABLISHED, 40000, 443, 20);
	make("40000", false, &plan);
	assert_int_equal(plan.n_processes, 0);
	assert_int_equal(plan.counts[PLAN_HOLD_OUTGOING], 1);
	make("pid:20", false, &named);
	assert_true(stops(&named, 20));
}

static void test_connection_of_a_gone_server(void **state)
{
	AUTO(plan_release) struct plan plan;

	add(SOCK_STATE_CLOSE_WAIT, 8080, 50000, 30);
	make("8080/tcp", false, &plan);
	assert_true(stops(&plan, 30));
}

static void test_nobody_holds(void **state)
{
	AUTO(plan_release) struct plan plan;

	add(SOCK_STATE_TIME_WAIT, 8080, 50000, 0);
	make("8080", false, &plan);
	assert_int_equal(plan.n_processes, 0);
	assert_int_equal(plan.counts[PLAN_HOLD_NOBODY], 1);
}

static void test_untouchable(void **state)
{
	AUTO(plan_release) struct plan plan;

	add(SOCK_STATE_LISTEN, 22, 0, 1);
	add(SOCK_STATE_LISTEN, 22, 0, 998);
	add(SOCK_STATE_LISTEN, 22, 0, 997);
	make("22", false, &plan);
	assert_int_equal(plan.n_processes, 3);
	assert_true(plan.processes[0].untouchable && plan.processes[1].untouchable);
	assert_false(plan.processes[2].untouchable);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_listener_and_workers),	CASE(test_outgoing_is_left_alone),
		CASE(test_connection_of_a_gone_server), CASE(test_nobody_holds),
		CASE(test_untouchable),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
