/* SPDX-License-Identifier: MIT */
/* A packet's way through the chains of a hook, statement by statement. */
#include "core/case.h"
#include "core/nft_step.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_JUMPS = 16, MAX_CHAINS = 64 };

enum outcome { GO_ON, RETURN, ACCEPTED, STOPPED };

static bool sees(const struct nft_chain *chain, const char *hook, const struct packet *p)
{
	const char *family = chain->family;

	if (!chain->hook || strcmp(chain->hook, hook) != 0)
		return false;
	if (!strcmp(hook, "ingress") || !strcmp(hook, "egress")) {
		const char *device = !strcmp(hook, "ingress") ? p->in_name : p->out_name;
		if (strcmp(family, "netdev") != 0 && strcmp(family, "inet") != 0)
			return false;
		return !chain->device || (device && !strcmp(device, chain->device));
	}
	switch (p->layer) {
	case PACKET_ARP:
		return !strcmp(family, "arp");
	case PACKET_BRIDGED:
		return !strcmp(family, "bridge");
	case PACKET_IP:
		break;
	}
	return !strcmp(family, "inet") ||
	       !strcmp(family, p->src.family == ADDR_IPV6 ? "ip6" : "ip");
}

static enum outcome run_chain(struct nft_walking *w, const struct nft_chain *chain);

static const struct nft_chain *target_of(const struct nft_walking *w, const struct nft_step *s,
					 const struct json_value *verdict)
{
	const char *name = json_get_text(verdict, "target");
	const struct nft_ruleset *ruleset = w->passage->ruleset;

	for (size_t i = 0; name && i < ruleset->n_chains; i++) {
		const struct nft_chain *c = &ruleset->chains[i];
		if (!strcmp(c->name, name) && !strcmp(c->table, s->chain->table) &&
		    !strcmp(c->family, s->chain->family))
			return c;
	}
	return NULL;
}

/* An undecided rule may have ended the walk here: what follows is only possible. */
static void leave_open(struct nft_walking *w, const struct nft_step *s)
{
	w->undecided = true;
	w->undecided_because |= s->scope.because;
}

static enum outcome jump(struct nft_walking *w, struct nft_step *s,
			 const struct json_value *verdict)
{
	const struct nft_chain *target = target_of(w, s, verdict);
	const bool undecided = w->undecided;
	const uint32_t because = w->undecided_because;

	if (!target || w->depth >= MAX_JUMPS)
		return GO_ON;
	w->depth++;
	if (s->truth != NFT_TRUE)
		leave_open(w, s);
	else
		w->undecided_because |= s->scope.because;
	enum outcome outcome = run_chain(w, target);
	w->depth--;
	if (s->truth == NFT_TRUE) {
		if (!w->undecided)
			w->undecided_because = because;
		return outcome == RETURN ? GO_ON : outcome;
	}
	w->undecided = undecided || outcome == ACCEPTED || outcome == STOPPED;
	if (!w->undecided)
		w->undecided_because = because;
	return GO_ON;
}

/* drop, accept, jump ...: as a statement or as data of a verdict map. */
static enum outcome run_verdict(struct nft_walking *w, struct nft_step *s,
				const struct json_value *verdict)
{
	const char *word = verdict->key;

	if (!strcmp(word, "drop")) {
		nft_record(w, s, VERDICT_DROP);
		w->may_stop = true;
		if (s->truth == NFT_TRUE)
			return STOPPED;
		leave_open(w, s);
		return GO_ON;
	}
	if (!strcmp(word, "accept") || !strcmp(word, "return")) {
		if (s->truth == NFT_TRUE)
			return *word == 'a' ? ACCEPTED : RETURN;
		leave_open(w, s);
		return GO_ON;
	}
	if (!strcmp(word, "jump"))
		return jump(w, s, verdict);
	if (!strcmp(word, "goto")) {
		enum outcome outcome = jump(w, s, verdict);
		return outcome == GO_ON && s->truth == NFT_TRUE ? RETURN : outcome;
	}
	return GO_ON;
}

static enum outcome stop_with(struct nft_walking *w, struct nft_step *s)
{
	w->may_stop = true;
	if (s->truth == NFT_TRUE)
		return STOPPED;
	leave_open(w, s);
	return GO_ON;
}

static enum outcome run_terminal(struct nft_walking *w, struct nft_step *s,
				 const struct json_value *statement)
{
	const char *word = statement->key;

	if (!strcmp(word, "reject")) {
		nft_read_reject(w, s, statement);
		return stop_with(w, s);
	}
	if (!strcmp(word, "queue")) {
		struct firewall_verdict *v = nft_record(w, s, VERDICT_QUEUE);
		v->number = (uint32_t)json_get_number(statement, "num", 0);
		const struct json_value *flags = json_get(statement, "flags");
		v->bypass = json_is_text(flags) ? !strcmp(flags->text, "bypass") : false;
		json_foreach(flag, flags)
			v->bypass |= json_is_text(flag) && !strcmp(flag->text, "bypass");
		return stop_with(w, s);
	}
	if (!strcmp(word, "synproxy")) {
		nft_record(w, s, VERDICT_SYNPROXY);
		return stop_with(w, s);
	}
	if (!strcmp(word, "dnat"))
		nft_read_nat(w, s, statement, VERDICT_DNAT);
	else if (!strcmp(word, "redirect"))
		nft_read_nat(w, s, statement, VERDICT_REDIRECT);
	else
		nft_read_nat(w, s, statement, VERDICT_SNAT);
	return s->truth == NFT_TRUE ? ACCEPTED : GO_ON;
}

static enum outcome run_statement(struct nft_walking *w, struct nft_step *s,
				  const struct json_value *st)
{
	static const char *const verdicts[] = {"drop", "accept", "return", "jump", "goto", NULL};
	static const char *const terminals[] = {"reject", "queue", "synproxy", "dnat", "redirect",
						"snat", "masquerade", NULL};
	const struct json_value *data;

	for (unsigned i = 0; verdicts[i]; i++)
		if (!strcmp(st->key, verdicts[i]))
			return run_verdict(w, s, st);
	for (unsigned i = 0; terminals[i]; i++)
		if (!strcmp(st->key, terminals[i]))
			return run_terminal(w, s, st);
	if (!strcmp(st->key, "match")) {
		enum nft_truth truth = nft_match(&s->scope, st);
		if (truth != NFT_TRUE && s->truth != NFT_FALSE)
			s->truth = truth;
	} else if (!strcmp(st->key, "vmap")) {
		enum nft_truth found = nft_map_find(&s->scope, json_get(st, "key"),
						    json_get(st, "data"), &data);
		if (found == NFT_TRUE && data->first)
			return run_verdict(w, s, data->first);
		if (found == NFT_UNKNOWN)
			leave_open(w, s);
	} else if (!strcmp(st->key, "counter")) {
		s->has_counter = true;
		s->counter = (uint64_t)json_get_number(st, "packets", 0);
	} else if (!strcmp(st->key, "set")) {
		json_foreach(inner, json_get(st, "stmt"))
			nft_is_limit(s, inner->first ? inner->first : inner);
	} else if (!strcmp(st->key, "meter")) {
		json_foreach(inner, json_get(st, "stmt"))
			nft_is_limit(s, inner);
	} else if (!strcmp(st->key, "tproxy")) {
		nft_read_nat(w, s, st, VERDICT_TPROXY);
	} else if (!strcmp(st->key, "mangle")) {
		nft_run_mangle(w, s, st);
	} else if (!strcmp(st->key, "xt")) {
		const char *type = json_get_text(st, "type"), *name = json_get_text(st, "name");
		if (!type || !name || strcmp(type, "target") != 0) {
			if ((!name || strcmp(name, "comment") != 0) && s->truth == NFT_TRUE)
				s->truth = NFT_UNKNOWN;
		} else if (!strcmp(name, "REJECT")) {
			nft_record(w, s, VERDICT_REJECT_ICMP)->to_unknown = true;
			return stop_with(w, s);
		} else if (!strcmp(name, "DNAT") || !strcmp(name, "REDIRECT")) {
			nft_record(w, s, VERDICT_DNAT)->to_unknown = true;
		}
	} else {
		nft_is_limit(s, st);
	}
	return GO_ON;
}

static enum outcome run_rule(struct nft_walking *w, const struct nft_chain *chain,
			     const struct json_value *rule)
{
	struct nft_step s = {.chain = chain, .rule = rule, .truth = NFT_TRUE,
			 .scope = {.ruleset = w->passage->ruleset, .family = chain->family,
				   .table = chain->table, .packet = w->packet}};

	json_foreach(statement, json_get(rule, "expr")) {
		const struct json_value *st = statement->first;
		if (!st || !st->key)
			continue;
		enum outcome outcome = run_statement(w, &s, st);
		if (outcome != GO_ON)
			return outcome;
		if (s.truth == NFT_FALSE)
			return GO_ON;
	}
	return GO_ON;
}

static enum outcome run_chain(struct nft_walking *w, const struct nft_chain *chain)
{
	for (size_t i = 0; i < chain->n_rules; i++) {
		enum outcome outcome = run_rule(w, chain, chain->rules[i]);
		if (outcome != GO_ON)
			return outcome;
	}
	return GO_ON;
}

static int by_priority(const void *va, const void *vb)
{
	const struct nft_chain *a = *(const struct nft_chain *const *)va;
	const struct nft_chain *b = *(const struct nft_chain *const *)vb;

	return (a->priority > b->priority) - (a->priority < b->priority);
}

static enum outcome run_base(struct nft_walking *w, const struct nft_chain *base)
{
	w->base = base;
	enum outcome outcome = run_chain(w, base);
	if ((outcome == GO_ON || outcome == RETURN) && base->policy_drops) {
		struct nft_step s = {.chain = base, .truth = NFT_TRUE};
		nft_record(w, &s, VERDICT_POLICY_DROP);
		w->may_stop = true;
		return STOPPED;
	}
	return outcome;
}

enum nft_fate nft_walk(struct nft_passage *passage, const char *hook, struct packet *packet)
{
	const struct nft_ruleset *ruleset = passage->ruleset;
	const struct nft_chain *bases[MAX_CHAINS];
	struct nft_walking w = {.passage = passage, .packet = packet};
	size_t n = 0;

	for (size_t i = 0; i < ruleset->n_chains && n < MAX_CHAINS; i++)
		if (sees(&ruleset->chains[i], hook, packet))
			bases[n++] = &ruleset->chains[i];
	qsort(bases, n, sizeof(bases[0]), by_priority);
	bool translated = false;
	for (size_t i = 0; i < n; i++) {
		const bool is_nat = bases[i]->type && !strcmp(bases[i]->type, "nat");
		/* Only the first packet of a connection asks the NAT chains, and the first answer counts. */
		if (is_nat && (translated || !(packet->ct_state & CT_STATE_NEW)))
			continue;
		const bool had_nat = packet->was_dnat || packet->was_snat;
		enum outcome outcome = run_base(&w, bases[i]);
		if (outcome == STOPPED)
			return w.undecided ? NFT_MAY_STOP : NFT_STOPS;
		translated |= is_nat && !had_nat && (packet->was_dnat || packet->was_snat);
	}
	return w.may_stop ? NFT_MAY_STOP : NFT_PASSES;
}
