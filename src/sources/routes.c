/* SPDX-License-Identifier: MIT */
/* Asking for a route: the kernel's answer first, then the entry that made it. */
#include "sources/routes.h"
#include "core/case.h"
#include "sources/attrs.h"
#include "sources/netlink.h"
#include "sources/route_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>

struct reading {
	struct arena *arena;
	const struct place *place;
	struct route_decision *decision;
};

static int read_answer(const struct nlmsghdr *msg, void *data)
{
	struct reading *r = data;
	struct route_decision *d = r->decision;
	const struct rtmsg *head = mnl_nlmsg_get_payload(msg);
	struct attrs attrs;

	if (msg->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return 0;
	attrs_of_message(msg, sizeof(*head), &attrs);
	d->type = head->rtm_type;
	d->table = (uint32_t)attr_number(&attrs, RTA_TABLE, head->rtm_table);
	d->out_link = (uint32_t)attr_number(&attrs, RTA_OIF, 0);
	d->gateway = attr_addr(&attrs, RTA_GATEWAY);
	d->source = attr_addr(&attrs, RTA_PREFSRC);
	if (attr_len(&attrs, RTA_VIA) == 2 + 16) { /* IPv6 gateway of an IPv4 route */
		const uint8_t *via = attr_bytes(&attrs, RTA_VIA);
		d->gateway = addr_ipv6(via + 2, 0);
	}
	struct attrs metrics;
	attrs_of_nest(attrs.at[RTA_METRICS], &metrics);
	d->mtu = (uint32_t)attr_number(&metrics, RTAX_MTU, 0);
	return 0;
}

static void put_question(struct nlmsghdr *request, const struct route_question *q)
{
	struct rtmsg *head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	const bool v4 = q->dst.family == ADDR_IPV4;

	head->rtm_family = v4 ? AF_INET : AF_INET6;
	head->rtm_dst_len = v4 ? 32 : 128;
	put_addr(request, RTA_DST, &q->dst);
	if (q->src.family == q->dst.family) {
		head->rtm_src_len = v4 ? 32 : 128;
		put_addr(request, RTA_SRC, &q->src);
	}
	if (q->in_link)
		mnl_attr_put_u32(request, RTA_IIF, q->in_link);
	if (q->out_link || q->dst.scope)
		mnl_attr_put_u32(request, RTA_OIF, q->out_link ? q->out_link : q->dst.scope);
	if (q->mark)
		mnl_attr_put_u32(request, RTA_MARK, q->mark);
	if (q->uid >= 0)
		mnl_attr_put_u32(request, RTA_UID, (uint32_t)q->uid);
	if (q->ip_proto)
		mnl_attr_put_u8(request, RTA_IP_PROTO, q->ip_proto);
	if (q->src_port)
		mnl_attr_put_u16(request, RTA_SPORT, htons(q->src_port));
	if (q->dst_port)
		mnl_attr_put_u16(request, RTA_DPORT, htons(q->dst_port));
}

int route_ask(struct netlink *nl, struct arena *arena, const struct place *place,
	      const struct route_question *question, struct route_decision *ret_decision)
{
	struct route_decision d = {.rule_pref = UINT32_MAX};
	struct reading r = {.arena = arena, .place = place, .decision = &d};
	struct netlink_reader reader = {.message = read_answer, .data = &r};
	_Alignas(8) char buffer[512] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);

	request->nlmsg_type = RTM_GETROUTE;
	put_question(request, question);
	struct rtmsg *head = mnl_nlmsg_get_payload(request);
	/* IPv6 names the table anyway and takes no such flag (inet6_rtm_valid_getroute_req). */
	head->rtm_flags = question->dst.family == ADDR_IPV4 ? RTM_F_LOOKUP_TABLE : 0;
	int err = netlink_ask(nl, request, 0, &reader);
	if (err == -ENOMEM || err == -ETIMEDOUT || err == -EPERM || err == -EOPNOTSUPP)
		return err;
	d.known = true;
	d.error = -err;
	route_table_explain(nl, arena, place, question, &d);
	/* An IPv6 look-up answers with an error route instead of an error. */
	if (!d.error && (d.type == RTN_UNREACHABLE || d.type == RTN_BLACKHOLE ||
			 d.type == RTN_PROHIBIT))
		d.error = d.type == RTN_BLACKHOLE ? EINVAL
			  : d.type == RTN_PROHIBIT ? EACCES
						   : (d.has_prefix ? EHOSTUNREACH : ENETUNREACH);
	*ret_decision = d;
	return 0;
}
