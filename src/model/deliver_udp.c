/* SPDX-License-Identifier: MIT */
/* UDP's lookups (net/ipv4/udp.c, net/ipv6/udp.c): 3.4 and 3.6. */
#include "model/akey.h"
#include "model/buckets.h"
#include "model/lookup.h"
#include "model/route.h"
#include "model/share.h"

/* Has @sock a peer address, and is it not the packet's sender? */
static bool has_peer(const struct msock *sock, const struct lookup *lookup)
{
	/* IPv4 looks at inet_daddr, which an IPv6 peer leaves at 0. */
	/* connect(AF_UNSPEC) clears the IPv4 peer (inet_daddr) and forgets the IPv6 one. */
	return sock->flags & F_REMOTE &&
	       (lookup->v6 || (akey_kind(&sock->remote) != AKEY_V6 &&
			       sock->state == SOCK_STATE_ESTABLISHED));
}

static bool peer_address_differs(const struct msock *sock, const struct lookup *lookup)
{
	return has_peer(sock, lookup) && !akey_equal(sock->remote, lookup->key.remote);
}

/* compute_score(); -1: not eligible. @addr: of the chain that is searched. */
static int score_udp(const struct model_space *space, const struct lookup *lookup,
		     const struct msock *s, struct akey addr)
{
	bool v6_sock = s->flags & F_V6, device_scores = space->behaviour.device_scores;
	int score, step = lookup->v6 ? 1 : 4;

	if (lookup->v6) {
		if (!v6_sock || !akey_equal(s->local, addr))
			return -1;
		score = 0;
	} else {
		if (s->flags & F_V6ONLY && v6_sock && rule_on(space, MODEL_RULE_V6ONLY_APART))
			return -1;
		if (akey_r4(&s->local) != akey_r4(&addr))
			return -1;
		score = v6_sock || !rule_on(space, MODEL_RULE_SCORE_FAMILY) ? 1 : 2;
	}
	if (rule_on(space, MODEL_RULE_UDP_CONNECTED)) {
		if (peer_address_differs(s, lookup))
			return -1;
		if (s->rport && s->rport != lookup->key.rport)
			return -1;
	}
	score += (has_peer(s, lookup) ? step : 0) + (s->rport ? step : 0);
	if (!hears(s->dev, &lookup->hearing) && rule_on(space, MODEL_RULE_DEVICE_MATCH))
		return -1;
	if ((s->dev || !device_scores) && rule_on(space, MODEL_RULE_SCORE_DEVICE))
		score += step;
	if (lookup->cpu >= 0 && s->cpu == lookup->cpu && rule_on(space, MODEL_RULE_SCORE_CPU))
		score++;
	if (!rule_on(space, MODEL_RULE_UDP_SCORE))
		score = !lookup->v6;
	return score;
}

static uint32_t chain_of(const struct model_space *space, const struct lookup *lookup,
			 struct akey addr)
{
	struct bucket_key key = {
		.addr = akey_chain(addr),
		.port = lookup->key.lport,
		.kind = BUCKET_CHAIN,
		.proto = lookup->proto,
	};
	return bucket_find(space, &key);
}

struct best {
	uint32_t id, tied;
	int score;
};

/* The score of whom the hash may pick: they are not connected. */
static int best_of_group(const struct model_space *space, const struct lookup *lookup,
			 uint32_t group, struct akey addr)
{
	const struct group *g = &space->groups[group];
	int best = -1;

	for (uint32_t i = 0; i < g->n; i++) {
		const struct msock *s = sock_at(space, g->members[i]);
		if (s->state == SOCK_STATE_ESTABLISHED)
			continue;
		int score = score_udp(space, lookup, s, addr);
		best = score > best ? score : best;
	}
	return best;
}

/* udp4_lib_lookup2() */
static struct best search_chain(const struct model_space *space, const struct lookup *lookup,
				struct akey addr)
{
	struct best best = {.score = lookup->v6 ? -1 : 0};
	uint32_t chain = chain_of(space, lookup, addr);
	bool loaded = chain && bucket_at(space, chain)->loaded;

	if (!chain)
		return best;
	foreach_in_chain(space, chain, id) {
		const struct msock *s = sock_at(space, id);
		int score = score_udp(space, lookup, s, addr);
		bool newest = rule_on(space, MODEL_RULE_NEWEST_FIRST);
		if (loaded && best.id && score == best.score && s->group == 0)
			best.tied = id;
		if (newest ? score <= best.score : score < best.score || score < 0)
			continue;
		best = (struct best){id, 0, score};
		if (s->state == SOCK_STATE_ESTABLISHED || !(s->flags & F_REUSEPORT) || !s->group ||
		    !group_pickable(space, s->group, lookup->cpu, NULL) || loaded)
			continue;
		if (!space->groups[s->group].has_conns &&
		    rule_on(space, MODEL_RULE_REUSEPORT_ENDS))
			return best;
		int again = best_of_group(space, lookup, s->group, addr);
		if (space->behaviour.udp_rescore && again > best.score)
			best.score = again;
	}
	return best;
}

/* udp4_lib_lookup1(): the whole chain of the port, the last resort. */
static uint32_t search_port(const struct model_space *space, const struct lookup *lookup)
{
	struct bucket_key key = {
		.port = lookup->key.lport,
		.kind = BUCKET_PORT,
		.proto = lookup->proto,
	};
	uint32_t bucket = bucket_find(space, &key), found = 0;
	int best = 0;

	if (!bucket)
		return 0;
	foreach_owner(space, bucket, id) {
		int score = score_udp(space, lookup, sock_at(space, id), lookup->key.local);
		if (score > best) {
			best = score;
			found = id;
		}
	}
	return found;
}

static void answer_best(const struct model_space *space, const struct lookup *lookup,
			const struct best *best, struct model_delivery *ret)
{
	const struct msock *s = sock_at(space, best->id);
	bool connected = s->state == SOCK_STATE_ESTABLISHED;

	if (connected) {
		ret->reach = MODEL_REACH_ONE;
		ret->socket = best->id;
		ret->rule = MODEL_RULE_UDP_CONNECTED;
		return;
	}
	answer_with(space, lookup, best->id, MODEL_RULE_UDP_SCORE, ret);
	if (best->tied) {
		ret->depends = true;
		ret->on = best->id;
		ret->fact = s->unknown & MODEL_FACT_REUSEPORT ? MODEL_FACT_REUSEPORT
							      : MODEL_FACT_ORDER;
	}
}

static bool by_tuple(const struct model_space *space, const struct lookup *lookup,
		     struct model_delivery *ret)
{
	if (!space->behaviour.udp_tuple_table || !rule_on(space, MODEL_RULE_UDP_TUPLE_TABLE))
		return false;
	uint32_t id = flows_find(space, flows_of(space, lookup->proto), &lookup->key,
				 &lookup->hearing);
	if (!id)
		return false;
	ret->reach = MODEL_REACH_ONE;
	ret->socket = id;
	ret->rule = MODEL_RULE_UDP_TUPLE_TABLE;
	return true;
}

/* udp_v4_early_demux(): the first of the chain, if it matches both ends. */
static bool early(const struct model_space *space, const struct lookup *lookup,
		  struct model_delivery *ret)
{
	uint32_t chain = lookup->from_wire ? chain_of(space, lookup, lookup->key.local) : 0;
	uint32_t id = chain ? bucket_at(space, chain)->head : 0;

	if (!id || bucket_at(space, chain)->loaded)
		return false;
	const struct msock *s = sock_at(space, id);
	if (s->state != SOCK_STATE_ESTABLISHED || !akey_equal(s->local, lookup->key.local) ||
	    !akey_equal(s->remote, lookup->key.remote) || s->rport != lookup->key.rport ||
	    !hears(s->dev, &lookup->hearing))
		return false;
	ret->reach = MODEL_REACH_ONE;
	ret->socket = id;
	ret->rule = MODEL_RULE_UDP_CONNECTED;
	return true;
}

void lookup_udp(const struct model_space *space, const struct lookup *lookup,
		struct model_delivery *ret)
{
	struct akey any = lookup->v6 ? (struct akey){{0, 0}} : akey_v4(0);
	bool exact_first = rule_on(space, MODEL_RULE_EXACT_FIRST);
	enum addr_class class = addr_class_of(space, &lookup->key.local);

	if (class == ADDR_CLASS_MULTICAST || class == ADDR_CLASS_BROADCAST) {
		lookup_multicast(space, lookup, ret);
		return;
	}
	if (early(space, lookup, ret) || by_tuple(space, lookup, ret))
		return;
	struct best best = search_chain(space, lookup, exact_first ? lookup->key.local : any);
	if (!best.id)
		best = search_chain(space, lookup, exact_first ? any : lookup->key.local);
	if (best.id) {
		answer_best(space, lookup, &best, ret);
		return;
	}
	uint32_t last = 0;
	if (space->behaviour.udp_fallback && rule_on(space, MODEL_RULE_UDP_FALLBACK))
		last = search_port(space, lookup);
	ret->reach = last ? MODEL_REACH_ONE : MODEL_REACH_NONE;
	ret->socket = last;
	ret->rule = last ? MODEL_RULE_UDP_FALLBACK : MODEL_RULE_NO_SOCKET;
	bool answers = rule_on(space, MODEL_RULE_NO_SOCKET);
	ret->reply = last ? MODEL_REPLY_NONE
		     : answers ? MODEL_REPLY_UNREACHABLE
			       : MODEL_REPLY_DROP;
}

/* ip_mc_sf_allow(), inet6_mc_check(): is the group wanted? */
static bool wants_group(const struct model_space *space, const struct lookup *lookup, uint32_t id)
{
	const struct msock *s = sock_at(space, id);

	for (uint32_t i = 0; i < space->n_memberships; i++) {
		const struct membership *m = &space->memberships[i];
		if (m->sock == id && akey_equal(m->group, lookup->key.local) &&
		    (lookup->v6 || m->device == lookup->device))
			return true;
	}
	if (!rule_on(space, MODEL_RULE_MULTICAST_ALL))
		return false;
	return s->flags & (lookup->v6 ? F_MCAST6_ALL : F_MCAST_ALL);
}

/* __udp_is_mcast_sock(), __udp_v6_is_mcast_sock() */
static bool hears_many(const struct model_space *space, const struct lookup *lookup, uint32_t id)
{
	const struct msock *s = sock_at(space, id);
	struct hearing hearing = lookup->hearing;
	bool v6_sock = s->flags & F_V6;

	hearing.dif = lookup->device;
	if (lookup->v6 ? !v6_sock : v6_sock && s->flags & F_V6ONLY)
		return false;
	if (peer_address_differs(s, lookup) || (s->rport && s->rport != lookup->key.rport))
		return false;
	bool any = lookup->v6 ? akey_kind(&s->local) == AKEY_ANY : !akey_r4(&s->local);
	bool same = lookup->v6 ? akey_equal(s->local, lookup->key.local)
			       : akey_r4(&s->local) == akey_r4(&lookup->key.local);
	if (!any && !same)
		return false;
	if (!hears(s->dev, &hearing) && rule_on(space, MODEL_RULE_DEVICE_MATCH))
		return false;
	return !akey_is_multicast(&lookup->key.local) || wants_group(space, lookup, id);
}

/* Does the device take the group at all (ip_check_mc_rcu, ipv6_chk_mcast_addr)? */
static bool device_joined(const struct model_space *space, const struct lookup *lookup)
{
	static const uint8_t all4[4] = {224, 0, 0, 1};
	static const uint8_t all6[16] = {[0] = 0xff, [1] = 2, [15] = 1};
	uint32_t word;

	memcpy(&word, all4, 4);
	if (!akey_is_multicast(&lookup->key.local) ||
	    akey_equal(lookup->key.local, akey_v4(word)) ||
	    akey_equal(lookup->key.local, akey_of_bytes(all6)))
		return true;
	for (uint32_t i = 0; i < space->n_memberships; i++)
		if (space->memberships[i].device == lookup->device &&
		    akey_equal(space->memberships[i].group, lookup->key.local))
			return true;
	return false;
}

void lookup_multicast(const struct model_space *space, const struct lookup *lookup,
		      struct model_delivery *ret)
{
	struct bucket_key key = {
		.port = lookup->key.lport,
		.kind = BUCKET_PORT,
		.proto = lookup->proto,
	};
	uint32_t bucket = bucket_find(space, &key), n = 0;

	ret->rule = MODEL_RULE_UDP_MULTICAST;
	ret->reply = MODEL_REPLY_DROP;
	if (!bucket || !device_joined(space, lookup))
		return;
	foreach_owner(space, bucket, id) {
		if ((n && !rule_on(space, MODEL_RULE_UDP_MULTICAST)) ||
		    !hears_many(space, lookup, id))
			continue;
		if (!n++)
			ret->socket = id;
		list_add(ret->list, id);
	}
	if (!n)
		return;
	ret->reply = MODEL_REPLY_NONE;
	ret->reach = n > 1 ? MODEL_REACH_EACH : MODEL_REACH_ONE;
	const struct msock *only = sock_at(space, ret->socket);
	bool regroups = n == 1 && lookup->from_wire && !lookup->v6 &&
			akey_is_multicast(&lookup->key.local) && only->group &&
			only->state != SOCK_STATE_ESTABLISHED && space->behaviour.early_regroup &&
			rule_on(space, MODEL_RULE_EARLY_REGROUP);
	if (regroups) {
		answer_with(space, lookup, ret->socket, MODEL_RULE_EARLY_REGROUP, ret);
		ret->rule = MODEL_RULE_EARLY_REGROUP;
	}
}
