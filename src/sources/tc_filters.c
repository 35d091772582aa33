/* SPDX-License-Identifier: MIT */
/* RTM_GETTFILTER of both clsact sides; filters of kind "bpf" name their program. */
#include "sources/tc_filters.h"
#include "core/case.h"
#include "sources/attrs.h"
#include "sources/netlink.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

struct reading {
	struct arena *arena;
	struct place *place;
	const struct link_facts *link;
	const char *where;
};

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
		p->name = arena_printf(r->arena, "%s filter", kind);
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
