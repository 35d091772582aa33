/* SPDX-License-Identifier: MIT */
/* From a packet to the lookup that answers for it; TCP's lookups (inet_hashtables.c). */
#include "model/deliver.h"
#include "model/akey.h"
#include "model/buckets.h"
#include "model/lookup.h"
#include "model/route.h"
#include "model/share.h"
#include "model/tuple.h"

void answer_with(const struct model_space *space, const struct lookup *lookup, uint32_t id,
		 enum model_rule rule, struct model_delivery *ret)
{
	const struct msock *sock = sock_at(space, id);

	ret->reach = MODEL_REACH_ONE;
	ret->reply = MODEL_REPLY_NONE;
	ret->socket = id;
	ret->rule = rule;
	if (!sock->group || !(sock->flags & F_REUSEPORT) ||
	    !rule_on(space, MODEL_RULE_REUSEPORT_HASH))
		return;
	if (ret->list)
		ret->list->n = 0;
	uint32_t n = group_pickable(space, sock->group, lookup->cpu, ret->list);
	if (n && ret->list && ret->list->n)
		ret->socket = ret->list->ids[0];
	if (n > 1) {
		ret->reach = MODEL_REACH_ONE_OF;
		bool steered = space->groups[sock->group].program &&
			       rule_on(space, MODEL_RULE_REUSEPORT_STEERED);
		ret->rule = steered ? MODEL_RULE_REUSEPORT_STEERED
							       : MODEL_RULE_REUSEPORT_HASH;
	}
}

struct best {
	uint32_t id, tied; /* @tied: another with the same score, whose place is not known */
	int score;
	enum model_rule rule;
};

/* compute_score() of a listener; -1: it does not hear this. */
static int score_listener(const struct model_space *space, const struct lookup *lookup,
			  const struct msock *l, enum model_rule *rule)
{
	bool v6_sock = l->flags & F_V6;
	int score = 1;

	if (lookup->v6 ? !v6_sock || akey_kind(&l->local) == AKEY_MAPPED
		       : l->flags & F_V6ONLY && rule_on(space, MODEL_RULE_V6ONLY_APART))
		return -1;
	if (!hears(l->dev, &lookup->hearing) && rule_on(space, MODEL_RULE_DEVICE_MATCH))
		return -1;
	if (!lookup->v6 && !v6_sock && rule_on(space, MODEL_RULE_SCORE_FAMILY)) {
		score++;
		*rule = MODEL_RULE_SCORE_FAMILY;
	}
	if (l->dev && space->behaviour.device_scores && rule_on(space, MODEL_RULE_SCORE_DEVICE)) {
		score++;
		*rule = MODEL_RULE_SCORE_DEVICE;
	}
	if (lookup->cpu >= 0 && l->cpu == lookup->cpu && rule_on(space, MODEL_RULE_SCORE_CPU)) {
		score++;
		*rule = MODEL_RULE_SCORE_CPU;
	}
	return score;
}

/* inet_lhash2_lookup(): the chain of one address. */
static struct best search_chain(const struct model_space *space, const struct lookup *lookup,
				struct akey addr)
{
	struct bucket_key key = {
		.addr = addr,
		.port = lookup->key.lport,
		.kind = BUCKET_CHAIN,
		.proto = SOCK_PROTO_TCP,
	};
	uint32_t chain = bucket_find(space, &key);
	struct best best = {0};
	uint32_t early = 0; /* loaded: a group that would end the scan if it were met first */
	bool loaded = chain && bucket_at(space, chain)->loaded;
	bool newest = rule_on(space, MODEL_RULE_NEWEST_FIRST);

	if (!chain || !rule_on(space, MODEL_RULE_LISTENER))
		return best;
	foreach_in_chain(space, chain, id) {
		const struct msock *l = sock_at(space, id);
		enum model_rule rule = MODEL_RULE_LISTENER;
		int score = score_listener(space, lookup, l, &rule);
		bool together = best.id && l->group && l->group == sock_at(space, best.id)->group;
		if (loaded && score > 0 && score == best.score && !together)
			best.tied = id;
		if (loaded && score > 0 && (l->group || l->unknown & MODEL_FACT_REUSEPORT))
			early = id;
		if (newest ? score <= best.score : score < best.score)
			continue;
		best = (struct best){id, 0, score, best.id ? rule : MODEL_RULE_LISTENER};
		if (l->flags & F_REUSEPORT && l->group && !loaded &&
		    rule_on(space, MODEL_RULE_REUSEPORT_ENDS) &&
		    group_pickable(space, l->group, lookup->cpu, NULL))
			return best;
	}
	bool apart = early && early != best.id &&
		     !(sock_at(space, early)->group &&
		       sock_at(space, early)->group == sock_at(space, best.id)->group);
	if (apart && !best.tied)
		best.tied = early;
	return best;
}

static void answer_best(const struct model_space *space, const struct lookup *lookup,
			const struct best *best, struct model_delivery *ret)
{
	answer_with(space, lookup, best->id, best->rule, ret);
	if (!best->tied)
		return;
	/* Loaded from a machine: which came last, and who is grouped, was not seen. */
	ret->depends = true;
	ret->on = best->id;
	ret->fact = sock_at(space, best->id)->unknown & MODEL_FACT_REUSEPORT ? MODEL_FACT_REUSEPORT
									     : MODEL_FACT_ORDER;
	if (ret->reach == MODEL_REACH_ONE && ret->list) {
		ret->list->n = 0;
		list_add(ret->list, best->id);
		list_add(ret->list, best->tied);
	}
}

void lookup_listener(const struct model_space *space, const struct lookup *lookup,
		     struct model_delivery *ret)
{
	struct akey exact = akey_chain(lookup->key.local), any = {{0, 0}};
	bool exact_first = rule_on(space, MODEL_RULE_EXACT_FIRST);
	struct best best = search_chain(space, lookup, exact_first ? exact : any);

	if (!best.id)
		best = search_chain(space, lookup, exact_first ? any : exact);
	if (best.id) {
		answer_best(space, lookup, &best, ret);
		return;
	}
	bool answers = rule_on(space, MODEL_RULE_NO_LISTENER);
	ret->reach = MODEL_REACH_NONE;
	ret->reply = answers ? MODEL_REPLY_RST : MODEL_REPLY_DROP;
	ret->rule = MODEL_RULE_NO_LISTENER;
}

static void lookup_tcp(const struct model_space *space, const struct lookup *lookup,
		       struct model_delivery *ret)
{
	uint32_t id = 0;

	if (rule_on(space, MODEL_RULE_ESTABLISHED_FIRST))
		id = flows_find_at(space, &space->flows[0], &lookup->key, &lookup->place,
				   &lookup->hearing);
	if (!id) {
		lookup_listener(space, lookup, ret);
		return;
	}
	bool closer = id & FLOW_CLOSER;
	id &= ~FLOW_CLOSER;
	const struct msock *sock = sock_at(space, id);
	if (!closer || sock->state != SOCK_STATE_TIME_WAIT) {
		ret->reach = MODEL_REACH_ONE;
		ret->socket = id;
		ret->rule = MODEL_RULE_ESTABLISHED_FIRST;
		return;
	}
	ret->rule = MODEL_RULE_TIME_WAIT_SYN;
	ret->reply = MODEL_REPLY_RST;
	if (sock->flags & F_FIN_WAIT2)
		return;
	if (rule_on(space, MODEL_RULE_TIME_WAIT_SYN))
		lookup_listener(space, lookup, ret);
	if (ret->reach == MODEL_REACH_NONE)
		ret->reply = MODEL_REPLY_ACK;
	ret->rule = MODEL_RULE_TIME_WAIT_SYN;
}

static inline struct akey key_of(const struct addr *addr)
{
	uint32_t v4;

	if (addr->family != ADDR_IPV4)
		return akey_of_bytes(addr->bytes);
	memcpy(&v4, addr->bytes, 4);
	return akey_v4(v4);
}

static inline struct flow_key key_of_packet(const struct model_packet *packet)
{
	return (struct flow_key){key_of(&packet->to), key_of(&packet->from), packet->to_port,
				 packet->from_port};
}

static inline void deliver_placed(const struct model_space *space,
				  const struct model_packet *packet, const struct flow_key *key,
				  const struct flow_place *place, struct model_delivery *ret)
{
	struct lookup lookup = {
		.key = *key,
		.place = *place,
		.cpu = packet->cpu,
		.proto = packet->proto,
		.device = packet->device,
		.from_wire = packet->device != 0,
		.v6 = packet->to.family == ADDR_IPV6 && !addr_is_mapped(&packet->to),
	};
	struct model_list *list = ret->list;

	if (list)
		list->n = 0;
	*ret = (struct model_delivery){.list = list};
	uint32_t device = packet->device;
	if (!device)
		device = addr_device(space, &lookup.key.local, 0);
	if (!device && akey_is_multicast(&lookup.key.local))
		device = space->default_device ? space->default_device : 1;
	if (!lookup.device)
		lookup.device = device;
	lookup.hearing = hearing_of(space, packet->proto, device);
	if (packet->proto == SOCK_PROTO_TCP)
		lookup_tcp(space, &lookup, ret);
	else
		lookup_udp(space, &lookup, ret);
}

/* An open IPv4 connection where no VRF has a say: what most packets are, in few steps. */
static inline bool deliver_quickly(const struct model_space *space,
				   const struct model_packet *packet, struct model_delivery *ret)
{
	uint32_t local, remote;

	if (packet->proto != SOCK_PROTO_TCP || packet->to.family != ADDR_IPV4 ||
	    packet->from.family != ADDR_IPV4 || space->has_vrfs ||
	    !rule_on(space, MODEL_RULE_ESTABLISHED_FIRST))
		return false;
	memcpy(&local, packet->to.bytes, 4);
	memcpy(&remote, packet->from.bytes, 4);
	const struct flow_place place = flows_place4(
		local, remote, (uint32_t)packet->to_port << 16 | packet->from_port);
	uint32_t id = flows_find_quickly(&space->flows[0], &place);
	if (!id)
		return false;
	*ret = (struct model_delivery){
		.reach = MODEL_REACH_ONE,
		.rule = MODEL_RULE_ESTABLISHED_FIRST,
		.socket = id,
		.list = ret->list,
	};
	if (ret->list)
		ret->list->n = 0;
	return true;
}

void model_deliver(const struct model_space *space, const struct model_packet *packet,
		   struct model_delivery *ret)
{
	if (deliver_quickly(space, packet, ret))
		return;
	struct flow_key key = key_of_packet(packet);
	struct flow_place place = flows_place(&key);

	deliver_placed(space, packet, &key, &place, ret);
}

/* How many packets ahead the lines, and then the sockets, are asked for. */
enum { AHEAD_LINE = 24, AHEAD_SOCK = 12, N_AHEAD = 32 };

void model_deliver_many(const struct model_space *space, const struct model_packet *packets,
			size_t n, struct model_delivery *ret)
{
	struct flow_key keys[N_AHEAD];
	struct flow_place places[N_AHEAD];

	for (size_t i = 0; i < n + AHEAD_LINE; i++) {
		size_t k = i % N_AHEAD;
		if (i < n) {
			keys[k] = key_of_packet(&packets[i]);
			places[k] = flows_place(&keys[k]);
			flows_prefetch(flows_of(space, packets[i].proto), &places[k]);
		}
		size_t soon = i - AHEAD_SOCK, now = i - AHEAD_LINE;
		if (i >= AHEAD_SOCK && soon < n)
			flows_prefetch_sock(space, flows_of(space, packets[soon].proto),
					    &places[soon % N_AHEAD]);
		if (i >= AHEAD_LINE && !deliver_quickly(space, &packets[now], &ret[now]))
			deliver_placed(space, &packets[now], &keys[now % N_AHEAD],
				       &places[now % N_AHEAD], &ret[now]);
	}
}
