/* SPDX-License-Identifier: MIT */
/*
 * RTM_GETTFILTER of both clsact sides. Filters of kind "bpf" name their program; of the others
 * (u32, flower, matchall ...) it is read what their actions do, not which packets they match.
 */
#include "sources/tc_filters.h"
#include "base/auto.h"
#include "core/case.h"
#include "sources/attrs.h"
#include "sources/netlink.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <string.h>

struct reading {
	struct arena *arena;
	struct place *place;
	const struct link_facts *link;
	const char *where;
};

/* Where each classifier keeps its actions; others are taken to have none. */
static const struct {
	const char *kind;
	uint16_t actions;
} classifiers[] = {
	{"u32", TCA_U32_ACT},	{"flower", TCA_FLOWER_ACT}, {"matchall", TCA_MATCHALL_ACT},
	{"fw", TCA_FW_ACT},	{"flow", TCA_FLOW_ACT},	    {"basic", TCA_BASIC_ACT},
	{"cgroup", TCA_CGROUP_ACT}, {"route", TCA_ROUTE4_ACT},
};

static bool takes_packet(struct arena *arena, const struct nlattr *action)
{
	struct attrs attrs, options;
	const struct nlattr *parms = NULL;

	attrs_of_nest(action, &attrs);
	attrs_of_nest(attrs.at[TCA_ACT_OPTIONS], &options);
	const char *kind = attr_text(arena, &attrs, TCA_ACT_KIND);
	if (!strcmp(kind, "gact"))
		parms = options.at[TCA_GACT_PARMS];
	else if (!strcmp(kind, "mirred"))
		parms = options.at[TCA_MIRRED_PARMS];
	/* Both structures begin with the same head, which holds what becomes of the packet. */
	if (!parms || mnl_attr_get_payload_len(parms) < sizeof(struct tc_gact))
		return false;
	const int verdict = ((const struct tc_gact *)mnl_attr_get_payload(parms))->action;
	return verdict == TC_ACT_SHOT || verdict == TC_ACT_STOLEN || verdict == TC_ACT_QUEUED ||
	       verdict == TC_ACT_TRAP || verdict == TC_ACT_REDIRECT;
}

static bool has_taking_action(struct arena *arena, const char *kind, const struct attrs *options)
{
	const struct nlattr *actions = NULL, *action;

	for (size_t i = 0; i < N_ELEMENTS(classifiers); i++)
		if (!strcmp(classifiers[i].kind, kind))
			actions = options->at[classifiers[i].actions];
	if (actions)
		mnl_attr_for_each_nested(action, actions)
			if (takes_packet(arena, action))
				return true;
	return false;
}

static int read_filter(const struct nlmsghdr *msg, void *data)
{
	struct reading *r = data;
	struct attrs attrs, options;

	if (msg->nlmsg_type != RTM_NEWTFILTER ||
	    mnl_nlmsg_get_payload_len(msg) < sizeof(struct tcmsg))
		return 0;
	attrs_of_message(msg, sizeof(struct tcmsg), &attrs);
	attrs_of_nest(attrs.at[TCA_OPTIONS], &options);
	const char *kind = attr_text(r->arena, &attrs, TCA_KIND);
	if (!attrs.at[TCA_OPTIONS])
		return 0; /* the head of a chain of filters */
	struct bpf_attachment *p = arena_push(r->arena, &r->place->programs, &r->place->n_programs,
					      &r->place->room_programs, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->where = r->where;
	p->target = r->link->name;
	if (!strcmp(kind, "bpf")) {
		p->id = (uint32_t)attr_number(&options, TCA_BPF_ID, 0);
		p->name = attr_text(r->arena, &options, TCA_BPF_NAME);
	} else {
		const struct tcmsg *head = mnl_nlmsg_get_payload(msg);
		p->name = arena_printf(r->arena, "%s", kind);
		p->filter = arena_printf(r->arena, "%s pref %u", strchr(r->where, '/') + 1,
					 TC_H_MAJ(head->tcm_info) >> 16);
		p->takes = has_taking_action(r->arena, kind, &options);
	}
	return 0;
}

void tc_filters_collect(struct arena *arena, struct place *place, const struct link_facts *link)
{
	static const struct {
		uint32_t parent;
		const char *where;
	} sides[] = {{TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), "tc/ingress"},
		     {TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), "tc/egress"}};
	struct netlink nl;

	if (netlink_open(&nl, NETLINK_ROUTE))
		return;
	for (unsigned i = 0; i < 2; i++) {
		struct reading r = {arena, place, link, sides[i].where};
		struct netlink_reader reader = {.message = read_filter, .data = &r};
		_Alignas(8) char buffer[128] = {};
		struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
		request->nlmsg_type = RTM_GETTFILTER;
		struct tcmsg *head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
		head->tcm_ifindex = (int)link->index;
		head->tcm_parent = sides[i].parent;
		netlink_dump(&nl, request, &reader);
	}
	netlink_close(&nl);
}
