/* SPDX-License-Identifier: MIT */
/* The table of connections against a plain array: random entries come, go, and are looked up. */
#include "model/flows.h"
#include "base/hash.h"
#include "model/akey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { N_SOCKS = 3000, N_STEPS = 60000 };

static uint64_t next_random(uint64_t *state)
{
	return *state = hash_u64(*state + 0x9e3779b97f4a7c15ull);
}

/* Few addresses, ports and devices, so that twins are common. */
static void shape(struct msock *sock, uint64_t random)
{
	sock->local = akey_v4((uint32_t)(random % 3));
	sock->remote = akey_v4((uint32_t)(random >> 8) % 64);
	if (random >> 60 & 1) { /* IPv6 is found by a hash and then compared */
		sock->local.w[0] = sock->local.w[1];
		sock->remote.w[0] = random >> 61 & 1;
	}
	sock->lport = (uint16_t)((random >> 16) % 4);
	sock->rport = (uint16_t)((random >> 24) % 64);
	sock->dev = (uint32_t)(random >> 40) % 3;
	sock->flags = F_USED;
	sock->state = SOCK_STATE_ESTABLISHED;
}

static bool matches(const struct msock *sock, const struct flow_key *key,
		    const struct hearing *hearing)
{
	return sock->flags & F_HASHED && akey_equal(sock->local, key->local) &&
	       akey_equal(sock->remote, key->remote) && sock->lport == key->lport &&
	       sock->rport == key->rport && hears(sock->dev, hearing);
}

/* The newest by trying all. */
static uint32_t find_slowly(const struct model_space *space, const struct flow_key *key,
			    const struct hearing *hearing)
{
	uint32_t best = 0;

	for (uint32_t id = 1; id <= N_SOCKS; id++) {
		const struct msock *sock = sock_at(space, id);
		if (matches(sock, key, hearing) && (!best || sock->seq > sock_at(space, best)->seq))
			best = id;
	}
	return best;
}

static void finds_what_is_there(void **state)
{
	struct model_space *space = model_space_new(&model_behaviour_latest);
	struct flows *flows = flows_of(space, SOCK_PROTO_TCP);
	uint64_t random = 1;

	for (uint32_t i = 0; i < N_SOCKS; i++)
		assert_int_not_equal(sock_new(space), 0);
	for (uint32_t step = 0; step < N_STEPS; step++) {
		uint32_t id = (uint32_t)(next_random(&random) % N_SOCKS) + 1;
		struct msock *sock = sock_at(space, id);
		if (sock->flags & F_HASHED) {
			flows_remove(space, id);
		} else {
			shape(sock, next_random(&random));
			assert_int_equal(flows_add(space, id), 0);
		}
		if (step % 16)
			continue;
		struct msock probe;
		shape(&probe, next_random(&random));
		struct flow_key key = {probe.local, probe.remote, probe.lport, probe.rport};
		struct hearing hearing = {.dif = probe.dev};
		assert_int_equal(flows_find(space, flows, &key, &hearing),
				 find_slowly(space, &key, &hearing));
	}
	model_space_free(space);
}

static void an_entry_takes_the_place_of_another(void **state)
{
	struct model_space *space = model_space_new(&model_behaviour_latest);
	uint32_t old = sock_new(space), twin = sock_new(space), entry = sock_new(space);
	struct hearing hearing = {.dif = 1};

	shape(sock_at(space, old), 0);
	shape(sock_at(space, twin), 0);
	shape(sock_at(space, entry), 0);
	assert_int_equal(flows_add(space, old), 0);
	assert_int_equal(flows_add(space, twin), 0);
	flows_replace(space, old, entry);
	struct flow_key key = {akey_v4(0), akey_v4(0), 0, 0};
	assert_int_equal(flows_find(space, flows_of(space, SOCK_PROTO_TCP), &key, &hearing), twin);
	flows_remove(space, twin);
	assert_int_equal(flows_find(space, flows_of(space, SOCK_PROTO_TCP), &key, &hearing), entry);
	flows_remove(space, entry);
	assert_int_equal(flows_find(space, flows_of(space, SOCK_PROTO_TCP), &key, &hearing), 0);
	model_space_free(space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_is_there),
		cmocka_unit_test(an_entry_takes_the_place_of_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
