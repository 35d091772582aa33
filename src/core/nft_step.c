/* SPDX-License-Identifier: MIT */
/* Verdicts, NAT, limits and changes to the packet, one statement at a time. */
#include "core/nft_step.h"
#include "core/case.h"

#include <string.h>

struct firewall_verdict *nft_record(struct nft_walking *w, const struct nft_step *s,
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

void nft_read_reject(struct nft_walking *w, struct nft_step *s, const struct json_value *reject)
{
	const char *type = json_get_text(reject, "type");
	const struct json_value *code = json_get(reject, "expr");
	const bool v6 = w->packet->src.family == ADDR_IPV6;
	uint64_t number;

	if (type && !strcmp(type, "tcp reset")) {
		nft_record(w, s, VERDICT_REJECT_RST);
		return;
	}
	struct firewall_verdict *v = nft_record(w, s, VERDICT_REJECT_ICMP);
	const char *symbols = v6 ? "icmpv6-code" : "icmp-code";
	v->icmp_type = v6 ? 1 : 3;
	v->icmp_code = v6 ? 4 : 3;
	if (json_is_text(code) && nft_symbol(symbols, code->text, &number))
		v->icmp_code = (uint8_t)number;
	else if (code && code->kind == JSON_NUMBER)
		v->icmp_code = (uint8_t)code->number;
}

/* The address or port of a NAT statement, when it is one and the same for every packet. */
static bool nat_value(struct nft_step *s, const struct json_value *value, struct nft_value *ret)
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

void nft_read_nat(struct nft_walking *w, struct nft_step *s, const struct json_value *nat,
		     enum verdict_kind kind)
{
	const struct json_value *addr = json_get(nat, "addr"), *port = json_get(nat, "port");
	struct firewall_verdict *v = nft_record(w, s, kind);
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

bool nft_is_limit(struct nft_step *s, const struct json_value *statement)
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

void nft_run_mangle(struct nft_walking *w, struct nft_step *s, const struct json_value *mangle)
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
	nft_record(w, s, VERDICT_MANGLE);
}
