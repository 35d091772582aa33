/* SPDX-License-Identifier: MIT */
/* Who is the other end of whom, and when nobody can tell. */
#include "core/pair.h"
#include "base/auto.h"
#include "core/snapshot.h"
#include "core/translation.h"

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

static void nat(struct snapshot *snap, uint16_t netns, const char *const addresses[4],
		const uint16_t ports[4])
{
	struct translation *t = snapshot_add_translation(snap);

	assert_non_null(t);
	t->proto = SOCK_PROTO_TCP;
	t->netns = netns;
	assert_true(addr_parse(addresses[0], &t->source));
	assert_true(addr_parse(addresses[1], &t->destination));
	assert_true(addr_parse(addresses[2], &t->new_source));
	assert_true(addr_parse(addresses[3], &t->new_destination));
	t->source_port = ports[0];
	t->destination_port = ports[1];
	t->new_source_port = ports[2];
	t->new_destination_port = ports[3];
}

static void nat_may_stand_between(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = snapshot_new();
	/* 0 masquerades, 1 publishes, 2 serves */
	const size_t client = add(snap, 0, "10.0.0.1", 40000, "10.9.9.9", 8080);
	const size_t server = add(snap, 2, "172.17.0.2", 80, "192.0.2.1", 50000);
	/* a redirect on loopback, in a namespace of its own; another namespace has the same ends */
	const size_t turned = add(snap, 3, "127.0.0.1", 40001, "127.0.0.1", 80);
	const size_t proxy = add(snap, 3, "127.0.0.1", 8080, "127.0.0.1", 40001);
	add(snap, 4, "127.0.0.1", 8080, "127.0.0.1", 40001);
	/* two namespaces change the same addresses: nobody knows which of them is meant */
	const size_t torn = add(snap, 0, "10.0.0.1", 40002, "10.9.9.9", 8080);
	add(snap, 2, "172.17.0.2", 80, "10.0.0.1", 40002);
	add(snap, 6, "172.17.0.3", 80, "10.0.0.1", 40002);
	/* not changed here: what another namespace makes of the same addresses does not matter */
	const size_t direct = add(snap, 0, "10.0.0.1", 40003, "10.0.0.2", 80);
	const size_t answer = add(snap, 2, "10.0.0.2", 80, "10.0.0.1", 40003);
	add(snap, 6, "172.17.0.3", 80, "10.0.0.1", 40003);

	nat(snap, 0, (const char *const[]){"10.0.0.1", "10.9.9.9", "192.0.2.1", "10.9.9.9"},
	    (const uint16_t[]){40000, 8080, 50000, 8080});
	nat(snap, 1, (const char *const[]){"192.0.2.1", "10.9.9.9", "192.0.2.1", "172.17.0.2"},
	    (const uint16_t[]){50000, 8080, 50000, 80});
	nat(snap, 3, (const char *const[]){"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"},
	    (const uint16_t[]){40001, 80, 40001, 8080});
	nat(snap, 1, (const char *const[]){"10.0.0.1", "10.9.9.9", "10.0.0.1", "172.17.0.2"},
	    (const uint16_t[]){40002, 8080, 40002, 80});
	nat(snap, 5, (const char *const[]){"10.0.0.1", "10.9.9.9", "10.0.0.1", "172.17.0.3"},
	    (const uint16_t[]){40002, 8080, 40002, 80});
	nat(snap, 5, (const char *const[]){"10.0.0.1", "10.0.0.2", "10.0.0.1", "172.17.0.3"},
	    (const uint16_t[]){40003, 80, 40003, 80});
	assert_int_equal(snapshot_pair(snap), 0);
	assert_pair(snap, client, server);
	assert_pair(snap, turned, proxy);
	assert_null(sock_pair(snap, &snap->socks[torn]));
	assert_pair(snap, direct, answer);
}

static void nat_in_a_circle_ends(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = snapshot_new();
	const size_t client = add(snap, 0, "10.0.0.1", 40000, "10.0.0.2", 80);

	nat(snap, 1, (const char *const[]){"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"},
	    (const uint16_t[]){40000, 80, 40000, 80});
	nat(snap, 2, (const char *const[]){"10.0.0.3", "10.0.0.4", "10.0.0.1", "10.0.0.2"},
	    (const uint16_t[]){40000, 80, 40000, 80});
	assert_int_equal(snapshot_pair(snap), 0);
	assert_null(sock_pair(snap, &snap->socks[client]));
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
		cmocka_unit_test(nat_may_stand_between),
		cmocka_unit_test(nat_in_a_circle_ends),
		cmocka_unit_test(a_socket_may_be_connected_to_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
