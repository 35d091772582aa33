/* SPDX-License-Identifier: MIT */
/* A packet's way through the chains of a hook, statement by statement. */
#include "core/case.h"
#include "core/nft_value.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_JUMPS = 16, MAX_CHAINS = 64 };

enum outcome { GO_ON, RETURN, ACCEPTED, STOPPED };

struct walk {
	struct nft_passage *passage;
	struct packet *packet;
	const struct nft_chain *base;
	unsigned depth;
	bool undecided;	      /* a rule before this point could have ended the walk ... */
	uint32_t undecided_because; /* ... on these grounds */
	bool may_stop;
};

/* One rule while its statements are read. */
struct step {
	const struct nft_chain *chain;
	const struct json_value *rule;
	struct nft_scope scope;
	enum nft_truth truth; /* of all conditions so far */
	const char *limit;
	bool has_counter;
	uint64_t counter;
};

static bool sees(const struct nft_chain *chain, const char *hook, const struct packet *p)
{
	const char *family = chain->family;

	if (!chain->hook || strcmp(chain->hook, hook))
		return false;
	if (!strcmp(hook, "ingress") || !strcmp(hook, "egress")) {
		const char *device = !strcmp(hook, "ingress") ? p->in_name : p->out_name;
		if (strcmp(family, "netdev") && strcmp(family, "inet"))
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

static struct firewall_verdict *record(struct walk *w, const struct step *s,
				       enum verdict_kind kind)
{
	struct nft_passage *to = w->passage;
	struct place *place = to->place;
	struct firewall_verdict *v = arena_push(to->ruleset->arena, &place->verdicts,
						&place->n_verdicts, &place->room_verdicts,
						sizeof(*v));
	static struct firewall_verdict nowhere;

	if (!v)
		return &nowhere;
	*v = (struct firewall_verdict){
		.firewall = FIREWALL_NFT, .verdict = kind, .direction = to->direction,
		.certainty = s->truth == NFT_TRUE && !w->undecided ? VERDICT_EVALUATED
								   : VERDICT_POSSIBLE,
		.is_met = s->truth == NFT_TRUE,
		.because = s->scope.because | w->undecided_because,
		.family = s->chain->family, .table = s->chain->table, .chain = s->chain->name,
		.base_chain = w->base->name, .hook = w->base->hook, .limit = s->limit,
		.set = s->scope.set, .has_counter = s->has_counter, .counter_before = s->counter,
		.order = to->order++,
		.layer = (uint8_t)w->packet->layer, .is_data = w->packet->is_data,
	};
	if (s->rule) {
		v->handle = (uint64_t)json_get_number(s->rule, "handle", 0);
		v->text = nft_rule_text(to->ruleset, s->chain, v->handle);
	}
	return v;
}

static void read_reject(struct walk *w, struct step *s, const struct json_value *reject)
{
	const char *type = json_get_text(reject, "type");
	const struct json_value *code = json_get(reject, "expr");
	const bool v6 = w->packet->src.family == ADDR_IPV6;
	uint64_t number;

	if (type && !strcmp(type, "tcp reset")) {
		record(w, s, VERDICT_REJECT_RST);
		return;
	}
	struct firewall_verdict *v = record(w, s, VERDICT_REJECT_ICMP);
	const char *symbols = v6 ? "icmpv6-code" : "icmp-code";
	v->icmp_type = v6 ? 1 : 3;
	v->icmp_code = v6 ? 4 : 3;
	if (json_is_text(code) && nft_symbol(symbols, code->text, &number))
		v->icmp_code = (uint8_t)number;
	else if (code && code->kind == JSON_NUMBER)
		v->icmp_code = (uint8_t)code->number;
}

/* The address or port of a NAT statement, when it is one and the same for every packet. */
static bool nat_value(struct step *s, const struct json_value *value, struct nft_value *ret)
{
	const struct json_value *map = json_get(value, "map"), *data = value;

	if (map && nft_map_find(&s->scope, json_get(map, "key"), json_get(map, "data"), &data) !=
			   NFT_TRUE)
		return false;
	if (!data || json_get(data, "range"))
		return false;
	*ret = nft_value_of(&s->scope, data);
	return ret->kind == NFT_VALUE_ADDR || ret->kind == NFT_VALUE_NUMBER;
}

static void read_nat(struct walk *w, struct step *s, const struct json_value *nat,
		     enum verdict_kind kind)
{
	const struct json_value *addr = json_get(nat, "addr"), *port = json_get(nat, "port");
	struct firewall_verdict *v = record(w, s, kind);
	struct packet *p = w->packet;
	struct nft_value value;

	if (addr && nat_value(s, addr, &value) && value.kind == NFT_VALUE_ADDR)
		v->to = value.addr;
	if (port && nat_value(s, port, &value) && value.kind == NFT_VALUE_NUMBER)
		v->to_port = (uint16_t)value.number;
	/* "redirect" means this host: loopback for its own connections. */
	if (kind == VERDICT_REDIRECT && !strcmp(w->base->hook, "output"))
		v->to = p->dst.family == ADDR_IPV6 ? addr_ipv6((const uint8_t[16]){[15] = 1}, 0)
						   : addr_ipv4(0x7f000001);
	v->to_unknown = (addr && v->to.family == ADDR_NONE) || (port && !v->to_port);
	if (v->certainty == VERDICT_POSSIBLE)
		return;
	if (kind == VERDICT_DNAT || kind == VERDICT_REDIRECT) {
		p->was_dnat = true;
		if (p->ct_original_dst.family == ADDR_NONE) {
			p->ct_original_dst = p->dst;
			p->ct_original_dst_port = p->dst_port;
		}
		if (v->to.family != ADDR_NONE)
			p->dst = v->to;
		if (v->to_port)
			p->dst_port = v->to_port;
	} else if (kind == VERDICT_SNAT) {
		p->was_snat = true;
		if (v->to.family != ADDR_NONE)
			p->src = v->to;
	}
}

static enum outcome run_chain(struct walk *w, const struct nft_chain *chain);

static const struct nft_chain *target_of(const struct walk *w, const struct step *s,
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
static void leave_open(struct walk *w, const struct step *s)
{
	w->undecided = true;
	w->undecided_because |= s->scope.because;
}

static enum outcome jump(struct walk *w, struct step *s, const struct json_value *verdict)
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
static enum outcome run_verdict(struct walk *w, struct step *s, const struct json_value *verdict)
{
	const char *word = verdict->key;

	if (!strcmp(word, "drop")) {
		record(w, s, VERDICT_DROP);
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

static enum outcome stop_with(struct walk *w, struct step *s)
{
	w->may_stop = true;
	if (s->truth == NFT_TRUE)
		return STOPPED;
	leave_open(w, s);
	return GO_ON;
}

static enum outcome run_terminal(struct walk *w, struct step *s, const struct json_value *statement)
{
	const char *word = statement->key;

	if (!strcmp(word, "reject")) {
		read_reject(w, s, statement);
		return stop_with(w, s);
	}
	if (!strcmp(word, "queue")) {
		struct firewall_verdict *v = record(w, s, VERDICT_QUEUE);
		v->number = (uint32_t)json_get_number(statement, "num", 0);
		const struct json_value *flags = json_get(statement, "flags");
		v->bypass = json_is_text(flags) ? !strcmp(flags->text, "bypass") : false;
		json_foreach(flag, flags)
			v->bypass |= json_is_text(flag) && !strcmp(flag->text, "bypass");
		return stop_with(w, s);
	}
	if (!strcmp(word, "synproxy")) {
		record(w, s, VERDICT_SYNPROXY);
		return stop_with(w, s);
	}
	if (!strcmp(word, "dnat"))
		read_nat(w, s, statement, VERDICT_DNAT);
	else if (!strcmp(word, "redirect"))
		read_nat(w, s, statement, VERDICT_REDIRECT);
	else
		read_nat(w, s, statement, VERDICT_SNAT);
	return s->truth == NFT_TRUE ? ACCEPTED : GO_ON;
}

/* Conditions that depend on what came before: only the kernel knows. */
static bool is_limit(struct step *s, const struct json_value *statement)
{
	if (!strcmp(statement->key, "limit") || !strcmp(statement->key, "quota")) {
		s->scope.because |= BECAUSE_LIMIT;
		s->limit = statement->key;
	} else if (!strcmp(statement->key, "ct count")) {
		s->scope.because |= BECAUSE_CT_COUNT;
		s->limit = "ct count";
	} else {
		return false;
	}
	if (s->truth == NFT_TRUE)
		s->truth = NFT_UNKNOWN;
	return true;
}

static void run_mangle(struct walk *w, struct step *s, const struct json_value *mangle)
{
	const struct json_value *key = json_get(mangle, "key");
	const char *meta = json_get_text(json_get(key, "meta"), "key");

	if (meta && !strcmp(meta, "mark")) {
		const struct json_value *value = json_get(mangle, "value");
		w->packet->mark_known = s->truth == NFT_TRUE && value && value->kind == JSON_NUMBER;
		if (w->packet->mark_known)
			w->packet->mark = (uint32_t)value->number;
		return;
	}
	if (json_get(key, "ct") || meta)
		return;
	if (json_get(key, "tcp option"))
		s->scope.because |= BECAUSE_TCP_OPTION;
	record(w, s, VERDICT_MANGLE);
}

static enum outcome run_statement(struct walk *w, struct step *s, const struct json_value *st)
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
			is_limit(s, inner->first ? inner->first : inner);
	} else if (!strcmp(st->key, "meter")) {
		json_foreach(inner, json_get(st, "stmt"))
			is_limit(s, inner);
	} else if (!strcmp(st->key, "tproxy")) {
		read_nat(w, s, st, VERDICT_TPROXY);
	} else if (!strcmp(st->key, "mangle")) {
		run_mangle(w, s, st);
	} else if (!strcmp(st->key, "xt")) {
		const char *type = json_get_text(st, "type"), *name = json_get_text(st, "name");
		if (!type || !name || strcmp(type, "target")) {
			if ((!name || strcmp(name, "comment")) && s->truth == NFT_TRUE)
				s->truth = NFT_UNKNOWN;
		} else if (!strcmp(name, "REJECT")) {
			record(w, s, VERDICT_REJECT_ICMP)->to_unknown = true;
			return stop_with(w, s);
		} else if (!strcmp(name, "DNAT") || !strcmp(name, "REDIRECT")) {
			record(w, s, VERDICT_DNAT)->to_unknown = true;
		}
	} else {
		is_limit(s, st);
	}
	return GO_ON;
}

static enum outcome run_rule(struct walk *w, const struct nft_chain *chain,
			     const struct json_value *rule)
{
	struct step s = {.chain = chain, .rule = rule, .truth = NFT_TRUE,
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

static enum outcome run_chain(struct walk *w, const struct nft_chain *chain)
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

static enum outcome run_base(struct walk *w, const struct nft_chain *base)
{
	w->base = base;
	enum outcome outcome = run_chain(w, base);
	if ((outcome == GO_ON || outcome == RETURN) && base->policy_drops) {
		struct step s = {.chain = base, .truth = NFT_TRUE};
		record(w, &s, VERDICT_POLICY_DROP);
		w->may_stop = true;
		return STOPPED;
	}
	return outcome;
}

enum nft_fate nft_walk(struct nft_passage *passage, const char *hook, struct packet *packet)
{
	const struct nft_ruleset *ruleset = passage->ruleset;
	const struct nft_chain *bases[MAX_CHAINS];
	struct walk w = {.passage = passage, .packet = packet};
	size_t n = 0;

	for (size_t i = 0; i < ruleset->n_chains && n < MAX_CHAINS; i++)
		if (sees(&ruleset->chains[i], hook, packet))
			bases[n++] = &ruleset->chains[i];
	qsort(bases, n, sizeof(*bases), by_priority);
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
