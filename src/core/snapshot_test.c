/* SPDX-License-Identifier: MIT */
/* Arrays that grow after they were sorted, and look-ups. */
#include "core/snapshot.h"
#include "base/auto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The index gives owners memory of just their size; adding more must still find room. */
static void owners_may_be_added_after_the_index(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = snapshot_new();

	for (uint32_t n = 0; n < 200; n++) {
		struct sock *sock = snapshot_add_sock(snap);
		struct proc *proc = snapshot_add_proc(snap);
		assert_non_null(sock);
		assert_non_null(proc);
		sock->inode = 1000 + n;
		proc->pid = 1 + n;
		assert_int_equal(snapshot_add_owner(snap, n, n, 3), 0);
		assert_int_equal(snapshot_add_owner(snap, 0, n, 4), 0);
		assert_int_equal(snapshot_index(snap), 0);
	}
	const struct sock *first = snapshot_sock_by_inode(snap, 1000);
	const struct sock *last = snapshot_sock_by_inode(snap, 1199);
	assert_int_equal(first->n_owners, 201);
	assert_int_equal(last->n_owners, 1);
	assert_int_equal(owner_proc(snap, sock_owner(snap, last, 0))->pid, 200);
	assert_null(sock_owner(snap, last, 1));
}

static void sockets_may_share_an_inode(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = snapshot_new();

	for (int n = 0; n < 3; n++)
		snapshot_add_sock(snap)->inode = n == 1 ? 8 : 7;
	assert_int_equal(snapshot_index(snap), 0);
	const struct sock *sock = snapshot_sock_by_inode(snap, 7);
	const struct sock *next = snapshot_sock_same_inode(snap, sock);
	assert_non_null(next);
	assert_ptr_not_equal(sock, next);
	assert_null(snapshot_sock_same_inode(snap, next));
	assert_null(snapshot_sock_by_inode(snap, 9));
}

static void bind_facts_span_what_was_asked(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = snapshot_new();

	for (int n = 0; n < 100; n++)
		assert_non_null(snapshot_add_sock(snap));
	assert_null(sock_bind(snap, &snap->socks[99]));
	snapshot_bind(snap, 50)->known = true;
	assert_non_null(sock_bind(snap, &snap->socks[50]));
	assert_null(sock_bind(snap, &snap->socks[99]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owners_may_be_added_after_the_index),
		cmocka_unit_test(sockets_may_share_an_inode),
		cmocka_unit_test(bind_facts_span_what_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
