/* SPDX-License-Identifier: MIT */
/* Who is the other end of whom, and when nobody can tell. */
#include "core/pair.h"
#include "base/auto.h"
#include "core/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static size_t add(struct snapshot *snap, uint16_t netns, const char *local, uint16_t local_port,
		  const char *remote, uint16_t remote_port)
{
	struct sock *sock = snapshot_add_sock(snap);

	assert_non_null(sock);
	sock->proto = SOCK_PROTO_TCP;
	sock->netns = netns;
	sock->state = remote_port ? SOCK_STATE_ESTABLISHED : SOCK_STATE_LISTEN;
	assert_true(addr_parse(local, &sock->local));
	assert_true(addr_parse(remote, &sock->remote));
	sock->local_port = local_port;
	sock->remote_port = remote_port;
	return snap->n_socks - 1;
}

static void assert_pair(const struct snapshot *snap, size_t first, size_t second)
{
	assert_ptr_equal(sock_pair(snap, &snap->socks[first]), &snap->socks[second]);
	assert_ptr_equal(sock_pair(snap, &snap->socks[second]), &snap->socks[first]);
	assert_true(sock_pair_leads(snap, &snap->socks[first]));
	assert_false(sock_pair_leads(snap, &snap->socks[second]));
}

static void the_connecting_end_leads(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = snapshot_new();
	/* The client's port is the lower one, but a listener tells. */
	const size_t listener = add(snap, 0, "::", 5000, "::", 0);
	const size_t accepted = add(snap, 0, "::ffff:127.0.0.1", 5000, "::ffff:127.0.0.1", 4000);
	const size_t client = add(snap, 0, "127.0.0.1", 4000, "127.0.0.1", 5000);
	/* Without one, the higher port connected. */
	const size_t high = add(snap, 0, "127.0.0.1", 40000, "127.0.0.1", 80);
	const size_t low = add(snap, 0, "127.0.0.1", 80, "127.0.0.1", 40000);

	assert_int_equal(snapshot_pair(snap), 0);
	assert_pair(snap, client, accepted);
	assert_pair(snap, high, low);
	assert_null(sock_pair(snap, &snap->socks[listener]));
}

static void namespaces_may_have_the_same_addresses(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = snapshot_new();
	const size_t client = add(snap, 0, "10.0.0.1", 40000, "10.0.0.2", 80);
	const size_t server = add(snap, 1, "10.0.0.2", 80, "10.0.0.1", 40000);
	const size_t torn = add(snap, 0, "10.0.0.1", 40001, "10.0.0.2", 80);
	add(snap, 1, "10.0.0.2", 80, "10.0.0.1", 40001);
	add(snap, 2, "10.0.0.2", 80, "10.0.0.1", 40001);
	const size_t alone = add(snap, 0, "127.0.0.1", 40000, "127.0.0.1", 80);
	add(snap, 1, "127.0.0.1", 80, "127.0.0.1", 40000);
	const size_t near = add(snap, 0, "10.0.0.1", 40002, "10.0.0.1", 80);
	const size_t here = add(snap, 0, "10.0.0.1", 80, "10.0.0.1", 40002);
	add(snap, 1, "10.0.0.1", 80, "10.0.0.1", 40002);

	assert_int_equal(snapshot_pair(snap), 0);
	assert_pair(snap, client, server);
	assert_null(sock_pair(snap, &snap->socks[torn]));
	assert_null(sock_pair(snap, &snap->socks[alone]));
	assert_pair(snap, near, here);
}

static void a_socket_may_be_connected_to_itself(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = snapshot_new();
	const size_t self = add(snap, 0, "127.0.0.1", 40000, "127.0.0.1", 40000);

	assert_int_equal(snapshot_pair(snap), 0);
	assert_ptr_equal(sock_pair(snap, &snap->socks[self]), &snap->socks[self]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_connecting_end_leads),
		cmocka_unit_test(namespaces_may_have_the_same_addresses),
		cmocka_unit_test(a_socket_may_be_connected_to_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
