/* SPDX-License-Identifier: MIT */
/* One cache of rulesets for the case: before the attempts (counters) and after. */
#include "sources/firewall.h"
#include "core/case.h"
#include "sources/iptables.h"
#include "sources/nftables.h"
#include "sources/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct known_firewall {
	uint64_t netns;
	int error; /* of reading nftables */
	bool read;
	struct nft_ruleset before, now;
	struct iptables legacy;
};

struct firewalls {
	struct arena *arena; /* the case's: verdicts outlive us */
	struct world *world;
	struct known_firewall *all;
	size_t n, room;
	unsigned order; /* of the next verdict: packets meet them in this order */
};

struct reading {
	struct firewalls *firewalls;
	struct nft_ruleset *into;
	struct iptables *legacy; /* NULL: not now */
};

struct firewalls *firewalls_new(struct world *world, struct arena *arena)
{
	struct firewalls *firewalls = calloc(1, sizeof(*firewalls));

	if (firewalls) {
		firewalls->arena = arena;
		firewalls->world = world;
	}
	return firewalls;
}

void firewalls_free(struct firewalls *firewalls)
{
	free(firewalls);
}

static struct known_firewall *find(struct firewalls *firewalls, uint64_t netns)
{
	for (size_t i = 0; i < firewalls->n; i++)
		if (firewalls->all[i].netns == netns)
			return &firewalls->all[i];
	struct known_firewall *fw = arena_push(firewalls->arena, &firewalls->all, &firewalls->n,
					       &firewalls->room, sizeof(*fw));
	if (fw)
		fw->netns = netns;
	return fw;
}

static int read_inside(void *data)
{
	struct reading *r = data;

	if (r->legacy)
		iptables_read(r->firewalls->arena, r->legacy);
	return nftables_read(r->firewalls->arena, r->into);
}

void firewalls_read_before(struct firewalls *firewalls)
{
	for (size_t i = 0; i < firewalls->world->n; i++) {
		const struct world_netns *netns = &firewalls->world->all[i];
		struct known_firewall *fw = find(firewalls, netns->inode);
		if (!fw)
			return;
		struct reading r = {firewalls, &fw->before, NULL};
		world_run(netns, read_inside, &r);
	}
}

static struct known_firewall *read_now(struct firewalls *firewalls, struct place *place)
{
	const struct world_netns *netns = world_find(firewalls->world, place->netns);
	struct known_firewall *fw = netns ? find(firewalls, place->netns) : NULL;

	if (!fw || fw->read)
		return fw;
	fw->read = true;
	struct reading r = {firewalls, &fw->now, &fw->legacy};
	fw->error = world_run(netns, read_inside, &r);
	if (!fw->error)
		place->known |= PLACE_NFT;
	for (size_t i = 0; i < fw->now.n_chains; i++) {
		const struct nft_chain *c = &fw->now.chains[i];
		if (c->type && c->hook && !strcmp(c->type, "nat") && !strcmp(c->hook, "postrouting"))
			place->has_source_nat = true;
	}
	if (fw->legacy.known)
		place->known |= PLACE_IPTABLES;
	return fw;
}

enum nft_fate firewall_walk(struct firewalls *firewalls, struct case_facts *facts, unsigned index,
			    const char *hook, struct packet *packet, enum event_direction direction)
{
	struct place *place = &facts->places[index];
	struct known_firewall *fw = read_now(firewalls, place);
	enum nft_fate fate = NFT_PASSES;

	if (!fw)
		return NFT_PASSES;
	const size_t first = place->n_verdicts;
	if (fw->legacy.known && packet->layer == PACKET_IP)
		fate = iptables_walk(&fw->legacy, firewalls->arena, place, hook, packet, direction);
	if (!fw->error && fate != NFT_STOPS) {
		struct nft_passage passage = {.ruleset = &fw->now, .place = place,
					      .direction = direction};
		enum nft_fate nft = nft_walk(&passage, hook, packet);
		fate = nft > fate ? nft : fate;
	}
	for (size_t i = first; i < place->n_verdicts; i++)
		place->verdicts[i].order = firewalls->order++;
	return fate;
}

static bool same_text(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool counter_of(const struct nft_ruleset *ruleset, const struct firewall_verdict *v,
		       uint64_t *ret)
{
	for (size_t i = 0; i < ruleset->n_chains; i++) {
		const struct nft_chain *c = &ruleset->chains[i];
		if (!same_text(c->name, v->chain) || !same_text(c->table, v->table) ||
		    !same_text(c->family, v->family))
			continue;
		for (size_t k = 0; k < c->n_rules; k++) {
			if ((uint64_t)json_get_number(c->rules[k], "handle", 0) != v->handle)
				continue;
			json_foreach(statement, json_get(c->rules[k], "expr")) {
				const struct json_value *counter = json_get(statement, "counter");
				if (counter) {
					*ret = (uint64_t)json_get_number(counter, "packets", 0);
					return true;
				}
			}
		}
	}
	return false;
}

void firewalls_count(struct firewalls *firewalls, struct case_facts *facts)
{
	for (size_t p = 0; p < facts->n_places; p++) {
		struct place *place = &facts->places[p];
		struct known_firewall *fw = find(firewalls, place->netns);
		for (size_t i = 0; fw && i < place->n_verdicts; i++) {
			struct firewall_verdict *v = &place->verdicts[i];
			uint64_t before;
			if (!v->has_counter || v->firewall != FIREWALL_NFT ||
			    !counter_of(&fw->before, v, &before))
				continue;
			v->counter_rose = v->counter_before - before;
			v->counter_before = before;
			v->counter_known = true;
			if (v->counter_rose && v->certainty == VERDICT_EVALUATED)
				v->certainty = VERDICT_COUNTED;
		}
	}
}

static const struct nft_chain *chain_of(const struct nft_ruleset *ruleset,
					const struct firewall_step *step)
{
	for (size_t i = 0; i < ruleset->n_chains; i++) {
		const struct nft_chain *c = &ruleset->chains[i];
		if (same_text(c->name, step->chain) && same_text(c->table, step->table) &&
		    same_text(c->family, step->family))
			return c;
	}
	return NULL;
}

/* The trace says "drop" of a rejection too: the answer was sent beside it. */
static enum verdict_kind kind_of(const struct firewall_step *step)
{
	if (step->kind == STEP_POLICY)
		return VERDICT_POLICY_DROP;
	if (step->text && strstr(step->text, "reject with tcp reset"))
		return VERDICT_REJECT_RST;
	if (step->text && (strstr(step->text, "reject") || strstr(step->text, "REJECT")))
		return VERDICT_REJECT_ICMP;
	return VERDICT_DROP;
}

static struct firewall_verdict *verdict_of(struct place *place, const struct firewall_step *step)
{
	for (size_t i = 0; i < place->n_verdicts; i++) {
		struct firewall_verdict *v = &place->verdicts[i];
		if (v->firewall != FIREWALL_IPTABLES_LEGACY && v->handle == step->handle &&
		    same_text(v->chain, step->chain) && same_text(v->table, step->table) &&
		    same_text(v->family, step->family) && v->direction == step->direction &&
		    (v->verdict == VERDICT_POLICY_DROP) == (step->kind == STEP_POLICY))
			return v;
	}
	return NULL;
}

void firewall_traced(struct firewalls *firewalls, struct case_facts *facts,
		     struct firewall_step *step)
{
	struct place *place = &facts->places[step->place];
	struct known_firewall *fw = read_now(firewalls, place);
	const struct nft_chain *chain = fw ? chain_of(&fw->now, step) : NULL;

	if (chain && step->handle)
		step->text = nft_rule_text(&fw->now, chain, step->handle);
	if (!step->drops)
		return;
	struct firewall_verdict *v = verdict_of(place, step);
	if (!v) { /* on paper it was not met */
		v = arena_push(firewalls->arena, &place->verdicts, &place->n_verdicts,
			       &place->room_verdicts, sizeof(*v));
		if (!v)
			return;
		*v = (struct firewall_verdict){
			.firewall = FIREWALL_NFT, .verdict = kind_of(step),
			.direction = step->direction, .family = step->family, .table = step->table,
			.chain = step->chain, .base_chain = step->chain,
			.hook = chain ? chain->hook : NULL, .handle = step->handle,
			.text = step->text, .order = firewalls->order++, .to_unknown = true};
	}
	v->certainty = VERDICT_TRACED;
}
