/* SPDX-License-Identifier: MIT */
/* XFRM_MSG_GETPOLICY and GETSA dumps; policies per socket are not listed by the kernel. */
#include "sources/xfrm.h"
#include "core/case.h"
#include "sources/attrs.h"
#include "sources/conntrack.h"
#include "sources/netlink.h"
#include "sources/world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <netinet/in.h>

struct reading {
	struct arena *arena;
	struct place *place;
	const struct flow_tuple *flow;
	bool any_state;
};

static struct addr address_of(const xfrm_address_t *a, uint16_t family)
{
	return family == AF_INET ? addr_ipv4(ntohl(a->a4))
				 : addr_ipv6((const uint8_t *)a->a6, 0);
}

static bool matches(const struct xfrm_selector *sel, const struct flow_tuple *flow, bool turned)
{
	const struct addr src = address_of(&sel->saddr, sel->family);
	const struct addr dst = address_of(&sel->daddr, sel->family);
	const struct addr *from = turned ? &flow->dst : &flow->src;
	const struct addr *to = turned ? &flow->src : &flow->dst;
	const uint16_t from_port = turned ? flow->dst_port : flow->src_port;
	const uint16_t to_port = turned ? flow->src_port : flow->dst_port;

	if (src.family != flow->dst.family)
		return false;
	if (!addr_in_prefix(from, &src, sel->prefixlen_s) ||
	    !addr_in_prefix(to, &dst, sel->prefixlen_d))
		return false;
	if (sel->proto && sel->proto != flow->ip_proto)
		return false;
	return !((htons(from_port) ^ sel->sport) & sel->sport_mask) &&
	       !((htons(to_port) ^ sel->dport) & sel->dport_mask);
}

static int read_policy(const struct nlmsghdr *msg, void *data)
{
	static const char *const directions[] = {"in", "out", "fwd"};
	struct reading *r = data;
	struct xfrm_userpolicy_info info;
	struct attrs attrs;
	char src[ADDR_TEXT_SIZE], dst[ADDR_TEXT_SIZE];

	if (msg->nlmsg_type != XFRM_MSG_NEWPOLICY || mnl_nlmsg_get_payload_len(msg) < sizeof(info))
		return 0;
	memcpy(&info, mnl_nlmsg_get_payload(msg), sizeof(info));
	attrs_of_message(msg, sizeof(info), &attrs);
	const bool there = matches(&info.sel, r->flow, false);
	if (info.dir > XFRM_POLICY_FWD || (!there && !matches(&info.sel, r->flow, true)))
		return 0;
	struct xfrm_policy_facts *p = arena_push(r->arena, &r->place->xfrm, &r->place->n_xfrm,
						 &r->place->room_xfrm, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->direction = info.dir;
	p->blocks = info.action == XFRM_POLICY_BLOCK;
	p->has_template = attr_len(&attrs, XFRMA_TMPL) >= sizeof(struct xfrm_user_tmpl);
	if (p->has_template) {
		struct xfrm_user_tmpl tmpl;
		memcpy(&tmpl, attr_bytes(&attrs, XFRMA_TMPL), sizeof(tmpl));
		p->is_optional = tmpl.optional;
	}
	p->for_reply = !there;
	p->index = info.index;
	p->priority = info.priority;
	const struct addr s = address_of(&info.sel.saddr, info.sel.family);
	const struct addr d = address_of(&info.sel.daddr, info.sel.family);
	p->text = arena_printf(r->arena, "%s/%u > %s/%u dir %s %s", addr_format(&s, src),
			       info.sel.prefixlen_s, addr_format(&d, dst), info.sel.prefixlen_d,
			       directions[info.dir],
			       p->blocks ? "action block"
			       : p->has_template ? "demands IPsec"
						 : "action allow");
	return 0;
}

static int read_state(const struct nlmsghdr *msg, void *data)
{
	((struct reading *)data)->any_state |= msg->nlmsg_type == XFRM_MSG_NEWSA;
	return 0;
}

static int ask(void *data)
{
	struct reading *r = data;
	struct netlink_reader policies = {.message = read_policy, .data = r};
	struct netlink_reader states = {.message = read_state, .data = r};
	_Alignas(8) char buffer[256] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct netlink nl;
	int err = netlink_open(&nl, NETLINK_XFRM);

	if (err)
		return err;
	request->nlmsg_type = XFRM_MSG_GETPOLICY;
	err = netlink_dump(&nl, request, &policies);
	if (!err && r->place->n_xfrm) {
		request->nlmsg_type = XFRM_MSG_GETSA;
		netlink_dump(&nl, request, &states);
	}
	netlink_close(&nl);
	return err;
}

void xfrm_collect(struct world *world, const struct world_netns *netns, struct arena *arena,
		  struct place *place, const struct flow_tuple *flow)
{
	struct reading r = {.arena = arena, .place = place, .flow = flow};

	if (world_run(netns, ask, &r))
		return;
	place->known |= PLACE_XFRM;
	for (size_t i = 0; i < place->n_xfrm; i++)
		place->xfrm[i].has_state = r.any_state;
}
