/* SPDX-License-Identifier: MIT */
/* UDP's chains (net/ipv4/udp.c): order matters, the newest overlapping socket decides. */
#include "model/udp_port.h"
#include "model/akey.h"
#include "model/buckets.h"
#include "model/flows.h"
#include "model/share.h"

#include <errno.h>
#include <stdlib.h>

enum { LONG_CHAIN = 10 };

static struct bucket_key port_key(const struct msock *sock, uint16_t port)
{
	return (struct bucket_key){
		.port = port,
		.kind = BUCKET_PORT,
		.proto = (uint8_t)msock_proto(sock),
	};
}

static struct bucket_key chain_key(const struct msock *sock, struct akey addr, uint16_t port)
{
	return (struct bucket_key){
		.addr = akey_chain(addr),
		.port = port,
		.kind = BUCKET_CHAIN,
		.proto = (uint8_t)msock_proto(sock),
	};
}

static uint32_t *slot_count(const struct model_space *space, const struct msock *sock,
			    uint16_t port)
{
	uint32_t *counts = space->udp_slot_counts[!!(sock->flags & F_LITE)];

	return counts ? &counts[port & (space->sysctls.udp_slots - 1)] : NULL;
}

/* The answers that are still possible while a chain is walked. */
struct walk {
	bool may_share, may_block, must_stop;
	struct conflict conflict; /* the first that blocks, or lets share */
	struct conflict unsure;
};

/* One socket of the chain; both options of SO_REUSEADDR let the walk go on. */
static void walk_one(const struct asker *asker, uint32_t id, struct walk *walk)
{
	struct model_outcome outcome = {0};
	enum model_fact fact;

	if (id == asker->id)
		return;
	enum tri tri = conflict_judge(asker, id, true, &outcome, &fact);
	if (tri == TRI_UNSURE) {
		walk->may_share = walk->may_block = true;
		if (!walk->unsure.on)
			walk->unsure = (struct conflict){TRI_UNSURE, outcome, id, fact};
	} else if (tri == TRI_YES) {
		if (walk->conflict.tri != TRI_YES)
			walk->conflict = (struct conflict){TRI_YES, outcome, 0, 0};
		walk->may_block = walk->must_stop = true;
	} else if (outcome.rule == MODEL_RULE_REUSEPORT) {
		if (walk->conflict.tri != TRI_YES)
			walk->conflict.outcome = outcome;
		walk->may_share = walk->must_stop = true;
	} else if (walk->conflict.outcome.rule == MODEL_RULE_OK) {
		walk->conflict.outcome = outcome;
	}
}

/* udp_lib_lport_inuse(): walk a list until somebody decides. */
static void walk_list(const struct asker *asker, uint32_t bucket, struct conflict *ret)
{
	const struct model_space *space = asker->space;
	bool ordered = !bucket_at(space, bucket)->loaded &&
		       rule_on(space, MODEL_RULE_UDP_BIND_ORDER);
	bool by_port = bucket_at(space, bucket)->kind == BUCKET_PORT;
	struct walk walk = {0};

	for (uint32_t id = bucket_at(space, bucket)->head; id && !(ordered && walk.must_stop);
	     id = by_port ? sock_at(space, id)->a_next : sock_at(space, id)->b_next)
		walk_one(asker, id, &walk);
	*ret = walk.conflict;
	if (!(walk.may_share && walk.may_block) || !rule_on(space, MODEL_RULE_UDP_BIND_ORDER))
		return;
	if (walk.unsure.on) {
		*ret = walk.unsure;
		return;
	}
	ret->tri = TRI_UNSURE;
	ret->on = ret->outcome.holder;
	ret->fact = MODEL_FACT_ORDER;
	if (asker->assume.fact == MODEL_FACT_ORDER)
		ret->tri = asker->assume.value ? TRI_NO : TRI_YES;
}

/* With a long slot the two chains that may hold an equal address or the wildcard. */
static bool walk_chains(const struct asker *asker, uint16_t port, struct conflict *ret)
{
	const struct model_space *space = asker->space;
	const struct msock *sock = asker->sock;
	const uint32_t *count = slot_count(space, sock, port);
	bool any = akey_is_any(&sock->local);
	struct bucket_key keys[] = {chain_key(sock, sock->local, port),
				    chain_key(sock, (struct akey){{0, 0}}, port)};

	if (!count || *count <= LONG_CHAIN || !rule_on(space, MODEL_RULE_UDP_LONG_CHAIN))
		return false;
	if (any && space->behaviour.udp_wildcard_full)
		return false;
	uint32_t chain = bucket_find(space, &keys[0]);
	if (chain && *count < bucket_at(space, chain)->count)
		return false;
	*ret = (struct conflict){0};
	if (chain)
		walk_list(asker, chain, ret);
	if (ret->tri == TRI_NO && !any) {
		chain = bucket_find(space, &keys[1]);
		if (chain)
			walk_list(asker, chain, ret);
	}
	return true;
}

void udp_port_check(const struct asker *asker, uint16_t port, struct conflict *ret)
{
	struct bucket_key key = port_key(asker->sock, port);

	*ret = (struct conflict){0};
	if (!walk_chains(asker, port, ret)) {
		uint32_t bucket = bucket_find(asker->space, &key);
		if (bucket)
			walk_list(asker, bucket, ret);
	}
	if (ret->tri == TRI_NO && ret->outcome.rule == MODEL_RULE_OK)
		ret->outcome.rule = MODEL_RULE_PORT_FREE;
}

struct model_outcome udp_port_blocked(const struct asker *asker, uint16_t port)
{
	struct bucket_key key = port_key(asker->sock, port);
	uint32_t bucket = bucket_find(asker->space, &key);
	struct conflict sum = {0};

	if (!bucket)
		return sum.outcome;
	foreach_owner(asker->space, bucket, id) {
		conflict_add(&sum, asker, id, true, MODEL_RULE_OK);
		if (sum.outcome.rule == MODEL_RULE_REUSEADDR &&
		    !rule_on(asker->space, MODEL_RULE_UDP_AUTOBIND))
			return (struct model_outcome){.error = EADDRINUSE, .holder = id};
		if (sum.tri == TRI_YES)
			return sum.outcome;
	}
	return (struct model_outcome){.error = sum.tri == TRI_UNSURE ? EADDRINUSE : 0};
}

static int count_slot(struct model_space *space, const struct msock *sock, uint16_t port,
		      int by)
{
	uint32_t **counts = &space->udp_slot_counts[!!(sock->flags & F_LITE)];

	if (!*counts)
		*counts = calloc(space->sysctls.udp_slots, sizeof(**counts));
	if (!*counts)
		return -ENOMEM;
	*slot_count(space, sock, port) += (uint32_t)by;
	return 0;
}

int udp_port_load_slot(struct model_space *space, enum sock_proto proto, uint16_t port, uint32_t n)
{
	const struct msock sock = {.flags = F_UDP | (proto == SOCK_PROTO_UDPLITE ? F_LITE : 0)};
	int r = count_slot(space, &sock, port, 0);

	if (!r)
		*slot_count(space, &sock, port) = n;
	return r;
}

static int enter_chain(struct model_space *space, uint32_t id, bool at_tail)
{
	struct msock *sock = sock_at(space, id);
	struct bucket_key key = chain_key(sock, sock->local, sock->lport);
	uint32_t chain = bucket_make(space, &key, NULL);

	if (!chain)
		return -ENOMEM;
	if (sock->flags & F_LOADED)
		bucket_at(space, chain)->loaded = true;
	chain_link(space, chain, id, at_tail);
	return 0;
}

int udp_port_take(struct model_space *space, uint32_t id, uint16_t port)
{
	struct msock *sock = sock_at(space, id);
	struct bucket_key key = port_key(sock, port);
	bool made;
	uint32_t bucket = bucket_make(space, &key, &made);
	bool placed = sock->flags & F_PLACED;
	bool at_tail = sock->flags & F_V6 && sock->flags & F_REUSEPORT && !placed &&
		       rule_on(space, MODEL_RULE_REUSEPORT_TAIL);

	if (!bucket)
		return -ENOMEM;
	sock->lport = sock->shown_port = port;
	if (sock->flags & F_REUSEPORT && !placed) {
		int r = group_join(space, id, bucket);
		if (r) {
			sock->lport = 0;
			if (made)
				bucket_drop(space, bucket);
			return r;
		}
	}
	if (sock->flags & F_LOADED)
		bucket_at(space, bucket)->loaded = true;
	owner_link(space, bucket, id);
	int r = count_slot(space, sock, port, 1);
	return r ? r : enter_chain(space, id, at_tail);
}

void udp_port_leave(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	uint32_t bucket = sock->a;

	flows_remove(space, id);
	group_leave(space, id);
	if (bucket) {
		count_slot(space, sock, sock->lport, -1);
		owner_unlink(space, id);
		chain_unlink(space, id);
		if (!bucket_at(space, bucket)->head)
			bucket_drop(space, bucket);
	}
	sock->lport = 0;
}

int udp_address_set(struct model_space *space, uint32_t id, struct akey addr)
{
	struct msock *sock = sock_at(space, id);
	bool moves = !akey_equal(akey_chain(sock->local), akey_chain(addr));

	if (sock->a && rule_on(space, MODEL_RULE_UDP_REHASH))
		group_leave(space, id);
	bool hashed = sock->flags & F_HASHED;
	flows_remove(space, id);
	if (!sock->a || !moves) {
		sock->local = addr;
	} else {
		chain_unlink(space, id);
		sock->local = addr;
		int r = enter_chain(space, id, false);
		if (r)
			return r;
	}
	return hashed ? flows_add(space, id) : 0;
}
