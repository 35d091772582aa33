/* SPDX-License-Identifier: MIT */
/* Policy rules ("ip rule"): those that apply to one packet. */
#include "base/auto.h"
#include "core/case.h"
#include "sources/attrs.h"
#include "sources/netlink.h"
#include "sources/routes.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>


struct reading {
	struct arena *arena;
	struct place *place;
	const struct route_question *question;
};

static const char *name_of_link(const struct place *place, uint32_t index)
{
	const struct link_facts *link = place_link(place, index);

	return link ? link->name : "";
}

static bool in_range(const struct attrs *attrs, unsigned type, uint16_t port)
{
	struct fib_rule_port_range range;

	if (attr_len(attrs, type) != sizeof(range))
		return true;
	memcpy(&range, attr_bytes(attrs, type), sizeof(range));
	return port >= range.start && port <= range.end;
}

static bool matches(const struct reading *r, const struct ip_rule *rule, const struct attrs *attrs)
{
	const struct route_question *q = r->question;
	const bool v4 = q->dst.family == ADDR_IPV4;
	const struct addr any = addr_any(v4 ? ADDR_IPV4 : ADDR_IPV6);

	if (rule->from.family != ADDR_NONE &&
	    !addr_in_prefix(q->src.family ? &q->src : &any, &rule->from, rule->from_bits))
		return false;
	if (rule->to.family != ADDR_NONE && !addr_in_prefix(&q->dst, &rule->to, rule->to_bits))
		return false;
	if (rule->has_mark && (q->mark & rule->mark_mask) != rule->mark)
		return false;
	if (rule->has_uid && (q->uid < rule->uid_low || q->uid > rule->uid_high))
		return false;
	if (attrs->at[FRA_IIFNAME]) {
		const char *name = attr_text(r->arena, attrs, FRA_IIFNAME);
		const char *ours = q->in_link ? name_of_link(r->place, q->in_link) : "lo";
		if (strcmp(name, ours))
			return false;
	}
	if (attrs->at[FRA_OIFNAME] &&
	    strcmp(attr_text(r->arena, attrs, FRA_OIFNAME), name_of_link(r->place, q->out_link)))
		return false;
	if (attrs->at[FRA_IP_PROTO] && attr_number(attrs, FRA_IP_PROTO, 0) != q->ip_proto)
		return false;
	return in_range(attrs, FRA_SPORT_RANGE, q->src_port) &&
	       in_range(attrs, FRA_DPORT_RANGE, q->dst_port);
}

static void add_prefix(char **at, char *end, const char *word, const struct addr *addr,
		       unsigned bits)
{
	char text[ADDR_TEXT_SIZE];

	if (addr->family == ADDR_NONE)
		return;
	*at += snprintf(*at, (size_t)(end - *at), "%s%s/%u ", word, addr_format(addr, text), bits);
}

static const char *text_of(struct arena *arena, const struct ip_rule *rule,
			   const struct attrs *attrs)
{
	static const char *const actions[] = {
		[FR_ACT_TO_TBL] = "lookup",	      [FR_ACT_GOTO] = "goto",
		[FR_ACT_NOP] = "nop",		      [FR_ACT_BLACKHOLE] = "blackhole",
		[FR_ACT_UNREACHABLE] = "unreachable", [FR_ACT_PROHIBIT] = "prohibit"};
	char text[512], *at = text, *end = text + sizeof(text);

	at += snprintf(at, (size_t)(end - at), "%u: ", rule->pref);
	if (rule->from.family == ADDR_NONE)
		at += snprintf(at, (size_t)(end - at), "from all ");
	add_prefix(&at, end, "from ", &rule->from, rule->from_bits);
	add_prefix(&at, end, "to ", &rule->to, rule->to_bits);
	if (rule->has_mark)
		at += snprintf(at, (size_t)(end - at), "fwmark 0x%x/0x%x ", rule->mark,
			       rule->mark_mask);
	if (attrs->at[FRA_IIFNAME])
		at += snprintf(at, (size_t)(end - at), "iif %s ", attr_text(arena, attrs, FRA_IIFNAME));
	if (attrs->at[FRA_OIFNAME])
		at += snprintf(at, (size_t)(end - at), "oif %s ", attr_text(arena, attrs, FRA_OIFNAME));
	if (rule->has_uid)
		at += snprintf(at, (size_t)(end - at), "uidrange %u-%u ", rule->uid_low,
			       rule->uid_high);
	at += snprintf(at, (size_t)(end - at), "%s",
		       rule->action < N_ELEMENTS(actions) && actions[rule->action]
			       ? actions[rule->action] : "?");
	if (rule->action == FR_ACT_TO_TBL) {
		const char *name = rule->table == RT_TABLE_LOCAL     ? "local"
				   : rule->table == RT_TABLE_MAIN    ? "main"
				   : rule->table == RT_TABLE_DEFAULT ? "default"
								     : NULL;
		if (name)
			snprintf(at, (size_t)(end - at), " %s", name);
		else
			snprintf(at, (size_t)(end - at), " %u", rule->table);
	}
	return arena_printf(arena, "%s", text);
}

static int read_rule(const struct nlmsghdr *msg, void *data)
{
	struct reading *r = data;
	const struct fib_rule_hdr *head = mnl_nlmsg_get_payload(msg);
	struct fib_rule_uid_range uids = {};
	struct attrs attrs;

	if (msg->nlmsg_type != RTM_NEWRULE || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return 0;
	attrs_of_message(msg, sizeof(*head), &attrs);
	struct ip_rule rule = {
		.pref = (uint32_t)attr_number(&attrs, FRA_PRIORITY, 0),
		.table = (uint32_t)attr_number(&attrs, FRA_TABLE, head->table),
		.mark = (uint32_t)attr_number(&attrs, FRA_FWMARK, 0),
		.mark_mask = (uint32_t)attr_number(&attrs, FRA_FWMASK, 0),
		.from = attr_addr(&attrs, FRA_SRC), .from_bits = head->src_len,
		.to = attr_addr(&attrs, FRA_DST), .to_bits = head->dst_len,
		.action = head->action,
		.suppress_bits = (int32_t)attr_number(&attrs, FRA_SUPPRESS_PREFIXLEN, (uint32_t)-1),
		.has_mark = attrs.at[FRA_FWMARK] || attrs.at[FRA_FWMASK],
	};
	if (attr_len(&attrs, FRA_UID_RANGE) == sizeof(uids)) {
		memcpy(&uids, attr_bytes(&attrs, FRA_UID_RANGE), sizeof(uids));
		rule.has_uid = true;
		rule.uid_low = uids.start;
		rule.uid_high = uids.end;
	}
	if (matches(r, &rule, &attrs) == !!(head->flags & FIB_RULE_INVERT))
		return 0;
	rule.text = text_of(r->arena, &rule, &attrs);
	struct ip_rule *kept = arena_push(r->arena, &r->place->ip_rules, &r->place->n_ip_rules,
					  &r->place->room_ip_rules, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	*kept = rule;
	return 0;
}

static void forget_rules(void *data)
{
	((struct reading *)data)->place->n_ip_rules = 0;
}

int ip_rules_collect(struct netlink *nl, struct arena *arena, struct place *place,
		     const struct route_question *question)
{
	struct reading r = {.arena = arena, .place = place, .question = question};
	struct netlink_reader reader = {.message = read_rule, .restart = forget_rules, .data = &r};
	const uint8_t family = question->dst.family == ADDR_IPV4 ? AF_INET : AF_INET6;

	place->n_ip_rules = 0;
	int err = netlink_dump_family(nl, RTM_GETRULE, sizeof(struct fib_rule_hdr), family, &reader);
	if (!err)
		place->known |= PLACE_RULES;
	return err;
}
