/* SPDX-License-Identifier: MIT */
/* Longest prefix match over dumped tables, the way net/ipv4/fib_trie.c and ip6_fib.c do it. */
#include "sources/route_table.h"
#include "base/auto.h"
#include "base/strbuf.h"
#include "core/case.h"
#include "sources/attrs.h"
#include "sources/netlink.h"
#include "sources/routes.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

enum { NO_METRIC = 0 };

struct best_route {
	bool found;
	unsigned bits;
	uint32_t metric;
	struct route_decision decision;
};

struct search {
	struct arena *arena;
	const struct place *place;
	const struct route_question *question;
	uint32_t table;
	struct best_route best;
};

static const char *type_word(uint8_t type)
{
	switch (type) {
	case RTN_BLACKHOLE:
		return "blackhole ";
	case RTN_UNREACHABLE:
		return "unreachable ";
	case RTN_PROHIBIT:
		return "prohibit ";
	case RTN_THROW:
		return "throw ";
	case RTN_LOCAL:
		return "local ";
	case RTN_BROADCAST:
		return "broadcast ";
	case RTN_MULTICAST:
		return "multicast ";
	default:
		return "";
	}
}

static void add_hop(struct strbuf *sb, const struct place *place, const struct addr *gateway,
		    uint32_t link)
{
	const struct link_facts *facts = place_link(place, link);
	char text[ADDR_TEXT_SIZE];

	if (gateway->family != ADDR_NONE)
		strbuf_printf(sb, " via %s", addr_format(gateway, text));
	if (facts)
		strbuf_printf(sb, " dev %s", facts->name);
}

static const char *text_of(struct search *s, const struct route_decision *d)
{
	struct strbuf sb = STRBUF_INIT;
	char text[ADDR_TEXT_SIZE];

	strbuf_add_text(&sb, type_word(d->type));
	if (!d->prefix_bits)
		strbuf_add_text(&sb, "default");
	else
		strbuf_printf(&sb, "%s/%u", addr_format(&d->prefix, text), d->prefix_bits);
	for (unsigned i = 0; i < d->n_next_hops; i++) {
		strbuf_add_text(&sb, " nexthop");
		add_hop(&sb, s->place, &d->next_hops[i], d->next_hop_links[i]);
	}
	if (!d->n_next_hops)
		add_hop(&sb, s->place, &d->gateway, d->out_link);
	if (d->source.family != ADDR_NONE)
		strbuf_printf(&sb, " src %s", addr_format(&d->source, text));
	if (d->table != RT_TABLE_MAIN && d->table != RT_TABLE_LOCAL)
		strbuf_printf(&sb, " table %u", d->table);
	const char *copy = arena_printf(s->arena, "%s", sb.text);
	strbuf_release(&sb);
	return copy;
}

static void read_next_hops(struct route_decision *d, const struct nlattr *attr)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(attr);
	size_t left = mnl_attr_get_payload_len(attr);

	while (left >= sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) && hop->rtnh_len <= left &&
	       d->n_next_hops < N_ELEMENTS(d->next_hops)) {
		unsigned i = d->n_next_hops++;
		const struct nlattr *in = (const struct nlattr *)RTNH_DATA(hop);
		size_t room = hop->rtnh_len - sizeof(*hop);
		d->next_hop_links[i] = (uint32_t)hop->rtnh_ifindex;
		d->next_hop_dead[i] = hop->rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN);
		for (; mnl_attr_ok(in, (int)room); room -= MNL_ALIGN((size_t)in->nla_len),
						   in = mnl_attr_next(in)) {
			size_t len = mnl_attr_get_payload_len(in);
			if (mnl_attr_get_type(in) == RTA_GATEWAY && (len == 4 || len == 16)) {
				d->next_hops[i].family = len == 4 ? ADDR_IPV4 : ADDR_IPV6;
				memcpy(d->next_hops[i].bytes, mnl_attr_get_payload(in), len);
			}
			if (room < MNL_ALIGN((size_t)in->nla_len))
				break;
		}
		size_t step = ((size_t)hop->rtnh_len + 3) & ~(size_t)3;
		if (step >= left)
			break;
		left -= step;
		hop = (const struct rtnexthop *)((const char *)hop + step);
	}
	d->is_multipath = d->n_next_hops > 1;
}

/* IPv6 keeps each next hop of a multipath route as an entry of its own in a dump. */
static void merge_hop(struct route_decision *d, const struct route_decision *more)
{
	if (d->gateway.family == ADDR_NONE || more->gateway.family == ADDR_NONE ||
	    d->n_next_hops >= N_ELEMENTS(d->next_hops) || more->n_next_hops)
		return;
	if (!d->n_next_hops) {
		d->next_hops[0] = d->gateway;
		d->next_hop_links[0] = d->out_link;
		d->n_next_hops = 1;
	}
	d->next_hops[d->n_next_hops] = more->gateway;
	d->next_hop_links[d->n_next_hops++] = more->out_link;
	d->is_multipath = true;
}

static bool usable(const struct search *s, const struct rtmsg *head, const struct attrs *attrs,
		   const struct route_decision *d)
{
	const struct route_question *q = s->question;

	if (head->rtm_flags & (RTM_F_CLONED | RTNH_F_DEAD))
		return false;
	if (d->has_prefix && !addr_in_prefix(&q->dst, &d->prefix, d->prefix_bits))
		return false;
	if (d->table != s->table)
		return false;
	uint32_t oif = q->out_link ? q->out_link : q->dst.scope;
	if (oif && d->out_link && d->out_link != oif && !attrs->at[RTA_MULTIPATH] &&
	    d->type == RTN_UNICAST)
		return false;
	return true;
}

static int read_route(const struct nlmsghdr *msg, void *data)
{
	struct search *s = data;
	const struct rtmsg *head = mnl_nlmsg_get_payload(msg);
	struct attrs attrs;

	if (msg->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return 0;
	attrs_of_message(msg, sizeof(*head), &attrs);
	struct route_decision d = {
		.type = head->rtm_type,
		.table = (uint32_t)attr_number(&attrs, RTA_TABLE, head->rtm_table),
		.out_link = (uint32_t)attr_number(&attrs, RTA_OIF, 0),
		.gateway = attr_addr(&attrs, RTA_GATEWAY),
		.source = attr_addr(&attrs, RTA_PREFSRC),
		.prefix = attr_addr(&attrs, RTA_DST),
		.prefix_bits = head->rtm_dst_len,
		.has_prefix = true,
	};
	if (d.prefix.family == ADDR_NONE)
		d.prefix = addr_any(s->question->dst.family);
	if (d.prefix.family != s->question->dst.family || !usable(s, head, &attrs, &d))
		return 0;
	uint32_t metric = (uint32_t)attr_number(&attrs, RTA_PRIORITY, NO_METRIC);
	struct best_route *best = &s->best;
	if (best->found && (d.prefix_bits < best->bits ||
			    (d.prefix_bits == best->bits && metric > best->metric)))
		return 0;
	if (attrs.at[RTA_MULTIPATH])
		read_next_hops(&d, attrs.at[RTA_MULTIPATH]);
	if (best->found && d.prefix_bits == best->bits && metric == best->metric) {
		merge_hop(&best->decision, &d);
		return 0;
	}
	*best = (struct best_route){.found = true, .bits = d.prefix_bits, .metric = metric,
				    .decision = d};
	return 0;
}

static void forget_routes(void *data)
{
	((struct search *)data)->best.found = false;
}

static int search_table(struct netlink *nl, struct search *s)
{
	struct netlink_reader reader = {.message = read_route, .restart = forget_routes, .data = s};
	_Alignas(8) char buffer[256] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct rtmsg *head;

	s->best.found = false;
	request->nlmsg_type = RTM_GETROUTE;
	head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->rtm_family = s->question->dst.family == ADDR_IPV4 ? AF_INET : AF_INET6;
	mnl_attr_put_u32(request, RTA_TABLE, s->table);
	return netlink_dump(nl, request, &reader);
}

static void complete(struct search *s, struct route_decision *decision)
{
	struct route_decision *d = &s->best.decision;

	decision->prefix = d->prefix;
	decision->prefix_bits = d->prefix_bits;
	decision->has_prefix = true;
	decision->is_multipath = d->is_multipath;
	decision->n_next_hops = d->n_next_hops;
	memcpy(decision->next_hops, d->next_hops, sizeof(d->next_hops));
	memcpy(decision->next_hop_links, d->next_hop_links, sizeof(d->next_hop_links));
	memcpy(decision->next_hop_dead, d->next_hop_dead, sizeof(d->next_hop_dead));
	decision->text = text_of(s, d);
	if (decision->error) {
		decision->type = d->type;
		decision->table = d->table;
	}
}

void route_table_explain(struct netlink *nl, struct arena *arena, const struct place *place,
			 const struct route_question *question, struct route_decision *decision)
{
	/* A scratch place, so that the caller's own rules stay what they were about. */
	struct place scratch = *place;
	struct search s = {.arena = arena, .place = place, .question = question};

	scratch.ip_rules = NULL;
	scratch.n_ip_rules = scratch.room_ip_rules = 0;
	if (ip_rules_collect(nl, arena, &scratch, question))
		return;
	for (size_t i = 0; i < scratch.n_ip_rules; i++) {
		const struct ip_rule *rule = &scratch.ip_rules[i];
		if (rule->action != FR_ACT_TO_TBL) {
			if (rule->action != FR_ACT_BLACKHOLE && rule->action != FR_ACT_UNREACHABLE &&
			    rule->action != FR_ACT_PROHIBIT)
				continue;
			decision->rule_pref = rule->pref;
			decision->rule_text = rule->text;
			decision->rule_rejects = true;
			return;
		}
		s.table = rule->table;
		if (search_table(nl, &s) || !s.best.found || s.best.decision.type == RTN_THROW)
			continue;
		if (rule->suppress_bits >= 0 && (int32_t)s.best.bits <= rule->suppress_bits)
			continue;
		decision->rule_pref = rule->pref;
		decision->rule_text = rule->text;
		complete(&s, decision);
		return;
	}
}
