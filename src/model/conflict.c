/* SPDX-License-Identifier: MIT */
/* The pair test: addresses, devices, options (net/ipv4/inet_connection_sock.c). */
#include "model/conflict.h"
#include "model/akey.h"

#include <errno.h>

static enum akey_kind kind_of(const struct side *side)
{
	return side->v6 ? akey_kind(&side->addr) : AKEY_MAPPED;
}

/* ipv4_rcv_saddr_equal() */
static bool overlap4(const struct model_space *space, const struct side *a, const struct side *b,
		     enum wild wild, enum model_rule *why)
{
	uint32_t ra = akey_r4(&a->addr), rb = akey_r4(&b->addr);
	bool dummy = akey_kind(&a->addr) == AKEY_V6 || akey_kind(&b->addr) == AKEY_V6;
	bool any6 = akey_kind(&a->addr) == AKEY_ANY || akey_kind(&b->addr) == AKEY_ANY;

	*why = MODEL_RULE_V6ONLY_APART;
	if (b->only && rule_on(space, MODEL_RULE_V6ONLY_APART))
		return false;
	*why = MODEL_RULE_ADDRESS_APART;
	if (dummy && !rule_on(space, MODEL_RULE_DUMMY_ADDRESS))
		return false;
	if (ra == rb || (wild & WILD_A && !ra) || (wild & WILD_B && !rb)) {
		*why = dummy	  ? MODEL_RULE_DUMMY_ADDRESS
		       : any6	  ? MODEL_RULE_DUAL_STACK
		       : ra == rb ? MODEL_RULE_OK
				  : MODEL_RULE_WILDCARD;
		return *why == MODEL_RULE_OK || rule_on(space, *why);
	}
	return !rule_on(space, MODEL_RULE_ADDRESS_APART);
}

/* The wildcard :: of @any against the other's address. */
static bool any_covers(const struct model_space *space, bool only, enum akey_kind other,
		       enum model_rule *why)
{
	*why = MODEL_RULE_V6ONLY_APART;
	if (only && other == AKEY_MAPPED && rule_on(space, MODEL_RULE_V6ONLY_APART))
		return false;
	*why = other == AKEY_MAPPED ? MODEL_RULE_DUAL_STACK : MODEL_RULE_WILDCARD;
	return rule_on(space, *why);
}

bool sides_overlap(const struct model_space *space, const struct side *a, const struct side *b,
		   enum wild wild, enum model_rule *ret_why)
{
	enum akey_kind ka = kind_of(a), kb = kind_of(b);

	if (!a->v6 || (ka == AKEY_MAPPED && kb == AKEY_MAPPED))
		return overlap4(space, a, b, wild, ret_why);
	*ret_why = MODEL_RULE_OK;
	if (ka == AKEY_ANY && kb == AKEY_ANY)
		return true;
	if (kb == AKEY_ANY && wild & WILD_B && any_covers(space, b->only, ka, ret_why))
		return true;
	if (ka == AKEY_ANY && wild & WILD_A && any_covers(space, a->only, kb, ret_why))
		return true;
	if (b->v6 && akey_equal(a->addr, b->addr)) {
		*ret_why = MODEL_RULE_OK;
		return true;
	}
	if (*ret_why == MODEL_RULE_OK)
		*ret_why = MODEL_RULE_ADDRESS_APART;
	return !rule_on(space, MODEL_RULE_ADDRESS_APART);
}

enum model_way way_of(const struct msock *sock)
{
	switch ((enum sock_state)sock->state) {
	case SOCK_STATE_LISTEN:
		return MODEL_WAY_LISTENING;
	case SOCK_STATE_TIME_WAIT:
		return MODEL_WAY_TIME_WAIT;
	case SOCK_STATE_CLOSE:
	case SOCK_STATE_BOUND_INACTIVE:
	case SOCK_STATE_UNKNOWN:
		return MODEL_WAY_BOUND;
	case SOCK_STATE_ESTABLISHED:
	case SOCK_STATE_SYN_SENT:
	case SOCK_STATE_SYN_RECV:
	case SOCK_STATE_FIN_WAIT1:
	case SOCK_STATE_FIN_WAIT2:
	case SOCK_STATE_CLOSE_WAIT:
	case SOCK_STATE_LAST_ACK:
	case SOCK_STATE_CLOSING:
	case SOCK_STATE_NEW_SYN_RECV:
		break;
	}
	if (sock->flags & F_ACCEPTED)
		return MODEL_WAY_ACCEPTED;
	return sock->flags & F_CONNECT_BIND ? MODEL_WAY_EPHEMERAL : MODEL_WAY_CONNECTION;
}

/* The uid that counts: before 6.17 orphans and unaccepted connections were root's. */
static uint32_t sharing_uid(const struct model_space *space, const struct msock *sock)
{
	if (!space->behaviour.owner_stays && sock->flags & (F_ORPHAN | F_PENDING))
		return 0;
	return sock->uid;
}

/* The two sockets as the pair test sees them, unknown facts settled. */
struct pair {
	bool reuse, o_reuse, port, o_port, same_uid, o_only;
};

/* inet_bind_conflict() once the devices meet: conflict? @rule: why, or what lets them share. */
static bool options_conflict(const struct asker *asker, const struct msock *o,
			     const struct pair *pair, enum model_rule *rule)
{
	const struct model_space *space = asker->space;
	bool tw = o->state == SOCK_STATE_TIME_WAIT;
	bool listens = o->state == SOCK_STATE_LISTEN && rule_on(space, MODEL_RULE_REUSEADDR_LISTEN);
	bool peaceful = tw ? rule_on(space, MODEL_RULE_REUSEPORT_TIME_WAIT) : pair->same_uid;
	uint32_t group = asker->sock->group;
	bool group_ok = !group || space->groups[group].n_closed ||
			!rule_on(space, MODEL_RULE_REUSEPORT_PROGRAM);
	bool both_port = pair->port && pair->o_port;

	if (pair->reuse && pair->o_reuse && !listens && rule_on(space, MODEL_RULE_REUSEADDR)) {
		*rule = MODEL_RULE_AUTOBIND_NO_SHARE;
		if (!asker->relax)
			return true;
		if (!asker->reuseport_ok && both_port && group_ok && peaceful)
			return true;
		*rule = MODEL_RULE_REUSEADDR;
		return false;
	}
	*rule = MODEL_RULE_AUTOBIND_NO_SHARE;
	if (!asker->reuseport_ok)
		return true;
	if (both_port && rule_on(space, MODEL_RULE_REUSEPORT)) {
		*rule = MODEL_RULE_REUSEPORT_PROGRAM;
		if (!group_ok)
			return true;
		*rule = tw ? MODEL_RULE_REUSEPORT_TIME_WAIT : MODEL_RULE_REUSEPORT;
		if (peaceful)
			return false;
		*rule = MODEL_RULE_REUSEPORT_UID;
		return true;
	}
	enum model_way way = way_of(o);
	*rule = pair->reuse && pair->o_reuse && listens ? MODEL_RULE_REUSEADDR_LISTEN
		: tw					? MODEL_RULE_TIME_WAIT_HOLDS
		: way == MODEL_WAY_LISTENING || way == MODEL_WAY_BOUND
			? MODEL_RULE_PORT_IN_USE
			: MODEL_RULE_CONNECTION_HOLDS;
	return true;
}

static bool judge(const struct asker *asker, const struct msock *o, const struct pair *pair,
		  bool check_address, struct model_outcome *ret)
{
	const struct model_space *space = asker->space;
	const struct msock *sk = asker->sock;

	ret->rule = MODEL_RULE_DEVICE_APART;
	if (sk->dev && o->dev && sk->dev != o->dev && rule_on(space, MODEL_RULE_DEVICE_APART))
		return false;
	if (check_address) {
		struct side mine = side_of(sk), theirs = side_of(o);
		theirs.only = pair->o_only;
		if (!sides_overlap(space, &mine, &theirs, WILD_BOTH, &ret->overlap)) {
			ret->rule = ret->overlap;
			return false;
		}
	}
	bool conflict = options_conflict(asker, o, pair, &ret->rule);
	return conflict && rule_on(space, ret->rule);
}

/* What is unknown of @o and may matter here, after the assumption. */
static unsigned open_facts(const struct asker *asker, const struct msock *o, uint32_t id,
			   bool check_address)
{
	unsigned facts = o->unknown & (MODEL_FACT_REUSEADDR | MODEL_FACT_REUSEPORT |
				       MODEL_FACT_UID | MODEL_FACT_V6ONLY);
	const struct assumption *assume = &asker->assume;

	if (!(asker->sock->flags & F_REUSEADDR))
		facts &= ~(unsigned)MODEL_FACT_REUSEADDR;
	if (!(asker->sock->flags & F_REUSEPORT))
		facts &= ~(unsigned)(MODEL_FACT_REUSEPORT | MODEL_FACT_UID);
	if (!check_address)
		facts &= ~(unsigned)MODEL_FACT_V6ONLY;
	if (assume->fact && (!assume->sock || assume->sock == id))
		facts &= ~(unsigned)assume->fact;
	return facts;
}

static bool fact_value(const struct asker *asker, const struct msock *o, uint32_t id,
		       enum model_fact fact, bool known)
{
	const struct assumption *assume = &asker->assume;

	if (o->unknown & fact && assume->fact == fact && (!assume->sock || assume->sock == id))
		return assume->value;
	return known;
}

static struct pair pair_of(const struct asker *asker, const struct msock *o, uint32_t id)
{
	const struct msock *sk = asker->sock;
	bool same = sharing_uid(asker->space, sk) == sharing_uid(asker->space, o) ||
		    !rule_on(asker->space, MODEL_RULE_REUSEPORT_UID);

	return (struct pair){
		.reuse = sk->flags & F_REUSEADDR,
		.port = sk->flags & F_REUSEPORT,
		.o_reuse = fact_value(asker, o, id, MODEL_FACT_REUSEADDR, o->flags & F_REUSEADDR),
		.o_port = fact_value(asker, o, id, MODEL_FACT_REUSEPORT, o->flags & F_REUSEPORT),
		.same_uid = fact_value(asker, o, id, MODEL_FACT_UID, same),
		.o_only = fact_value(asker, o, id, MODEL_FACT_V6ONLY, o->flags & F_V6ONLY),
	};
}

/*
 * Try every value of the open facts: do all agree? @ret_fact: one on which the answer hangs, for
 * some values of the others.
 */
static enum tri judge_open(const struct asker *asker, const struct msock *o, unsigned facts,
			   bool check_address, struct model_outcome *ret, enum model_fact *ret_fact)
{
	static const enum model_fact order[] = {MODEL_FACT_REUSEPORT, MODEL_FACT_REUSEADDR,
						MODEL_FACT_UID, MODEL_FACT_V6ONLY};
	struct pair pair = pair_of(asker, o, ret->holder);
	bool *const slots[] = {&pair.o_port, &pair.o_reuse, &pair.same_uid, &pair.o_only};
	const bool known[] = {pair.o_port, pair.o_reuse, pair.same_uid, pair.o_only};
	bool conflicts[16];

	for (unsigned combo = 16; combo--;) {
		for (unsigned i = 0; i < 4; i++)
			*slots[i] = facts & order[i] ? combo >> i & 1 : known[i];
		conflicts[combo] = judge(asker, o, &pair, check_address, ret);
	}
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned combo = 0; combo < 16; combo++) {
			if (conflicts[combo] == conflicts[combo ^ 1u << i])
				continue;
			*ret_fact = order[i];
			return TRI_UNSURE;
		}
	}
	return conflicts[0] ? TRI_YES : TRI_NO;
}

static bool rule_shares(enum model_rule rule)
{
	return rule == MODEL_RULE_REUSEADDR || rule == MODEL_RULE_REUSEPORT ||
	       rule == MODEL_RULE_REUSEPORT_TIME_WAIT;
}

/* Of several holders name the one that says most: who listens, then who is bound. */
static bool holds_better(enum model_way a, enum model_way b)
{
	return b == MODEL_WAY_NONE || a < b;
}

enum tri conflict_judge(const struct asker *asker, uint32_t other, bool check_address,
			struct model_outcome *ret, enum model_fact *ret_fact)
{
	const struct msock *o = sock_at(asker->space, other);
	unsigned facts = open_facts(asker, o, other, check_address);

	ret->holder = other;
	ret->way = way_of(o);
	*ret_fact = 0;
	if (other == asker->id)
		return TRI_NO;
	enum tri tri;
	if (facts) {
		tri = judge_open(asker, o, facts, check_address, ret, ret_fact);
	} else {
		struct pair pair = pair_of(asker, o, other);
		tri = judge(asker, o, &pair, check_address, ret) ? TRI_YES : TRI_NO;
	}
	if (tri == TRI_YES)
		ret->error = EADDRINUSE;
	return tri;
}

void conflict_add(struct conflict *sum, const struct asker *asker, uint32_t other,
		  bool check_address, enum model_rule why)
{
	struct model_outcome outcome = {.overlap = why};
	enum model_fact fact;

	if (other == asker->id)
		return;
	enum tri tri = conflict_judge(asker, other, check_address, &outcome, &fact);
	if (tri == TRI_UNSURE && sum->tri == TRI_NO) {
		sum->tri = TRI_UNSURE;
		sum->on = other;
		sum->fact = fact;
		sum->outcome = outcome;
	} else if (tri == TRI_YES) {
		if (sum->tri != TRI_YES || holds_better(outcome.way, sum->outcome.way))
			sum->outcome = outcome;
		sum->tri = TRI_YES;
	} else if (tri == TRI_NO && sum->tri == TRI_NO) {
		/* What lets the closest other share is worth telling. */
		if (sum->outcome.rule == MODEL_RULE_OK || rule_shares(outcome.rule))
			sum->outcome = outcome;
	}
}
