/* SPDX-License-Identifier: MIT */
/* ctnetlink: IPCTNL_MSG_CT_GET with the tuple of the original direction. */
#include "sources/conntrack.h"
#include "base/auto.h"
#include "sources/attrs.h"
#include "sources/netlink.h"
#include "sources/world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>

struct question {
	struct arena *arena;
	const struct flow_tuple *flow;
	struct conntrack_entry entry;
	bool found;
};

void conntrack_read_tuple(const struct nlattr *nest, struct flow_tuple *ret)
{
	struct attrs tuple, ip, proto;

	attrs_of_nest(nest, &tuple);
	attrs_of_nest(tuple.at[CTA_TUPLE_IP], &ip);
	attrs_of_nest(tuple.at[CTA_TUPLE_PROTO], &proto);
	ret->src = attr_addr(&ip, ip.at[CTA_IP_V4_SRC] ? CTA_IP_V4_SRC : CTA_IP_V6_SRC);
	ret->dst = attr_addr(&ip, ip.at[CTA_IP_V4_DST] ? CTA_IP_V4_DST : CTA_IP_V6_DST);
	ret->src_port = attr_be16(&proto, CTA_PROTO_SRC_PORT);
	ret->dst_port = attr_be16(&proto, CTA_PROTO_DST_PORT);
	ret->ip_proto = (uint8_t)attr_number(&proto, CTA_PROTO_NUM, 0);
}

static const char *tcp_state_name(uint64_t state)
{
	static const char *const names[] = {"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED",
					    "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT",
					    "CLOSE", "SYN_SENT2"};

	return state < N_ELEMENTS(names) ? names[state] : "?";
}

static int read_entry(const struct nlmsghdr *msg, void *data)
{
	struct question *q = data;
	struct conntrack_entry *e = &q->entry;
	struct attrs attrs, info, tcp;

	attrs_of_message(msg, sizeof(struct nfgenmsg), &attrs);
	if (!attrs.at[CTA_TUPLE_ORIG] || !attrs.at[CTA_TUPLE_REPLY])
		return 0;
	struct flow_tuple there, back;
	conntrack_read_tuple(attrs.at[CTA_TUPLE_ORIG], &there);
	conntrack_read_tuple(attrs.at[CTA_TUPLE_REPLY], &back);
	e->src = there.src;
	e->dst = there.dst;
	e->src_port = there.src_port;
	e->dst_port = there.dst_port;
	e->reply_src = back.src;
	e->reply_dst = back.dst;
	e->reply_src_port = back.src_port;
	e->reply_dst_port = back.dst_port;
	uint32_t status = ntohl((uint32_t)attr_number(&attrs, CTA_STATUS, 0));
	e->replied = status & IPS_SEEN_REPLY;
	e->assured = status & IPS_ASSURED;
	attrs_of_nest(attrs.at[CTA_PROTOINFO], &info);
	attrs_of_nest(info.at[CTA_PROTOINFO_TCP], &tcp);
	if (tcp.at[CTA_PROTOINFO_TCP_STATE])
		e->state = tcp_state_name(attr_number(&tcp, CTA_PROTOINFO_TCP_STATE, 99));
	q->found = true;
	/* The kernel marks this only answer as one of several (NLM_F_MULTI): stop reading. */
	return -ECANCELED;
}

static void put_flow(struct nlmsghdr *request, const struct flow_tuple *flow)
{
	const bool v4 = flow->dst.family == ADDR_IPV4;
	struct nlattr *tuple = mnl_attr_nest_start(request, CTA_TUPLE_ORIG);
	struct nlattr *ip = mnl_attr_nest_start(request, CTA_TUPLE_IP);

	put_addr(request, v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, &flow->src);
	put_addr(request, v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, &flow->dst);
	mnl_attr_nest_end(request, ip);
	struct nlattr *proto = mnl_attr_nest_start(request, CTA_TUPLE_PROTO);
	mnl_attr_put_u8(request, CTA_PROTO_NUM, flow->ip_proto);
	mnl_attr_put_u16(request, CTA_PROTO_SRC_PORT, htons(flow->src_port));
	mnl_attr_put_u16(request, CTA_PROTO_DST_PORT, htons(flow->dst_port));
	mnl_attr_nest_end(request, proto);
	mnl_attr_nest_end(request, tuple);
}

static int ask(void *data)
{
	struct question *q = data;
	struct netlink_reader reader = {.message = read_entry, .data = q};
	_Alignas(8) char buffer[512] = {};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct netlink nl;
	int err = netlink_open(&nl, NETLINK_NETFILTER);

	if (err)
		return err;
	request->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
	struct nfgenmsg *head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
	head->nfgen_family = q->flow->dst.family == ADDR_IPV4 ? AF_INET : AF_INET6;
	head->version = NFNETLINK_V0;
	put_flow(request, q->flow);
	err = netlink_ask(&nl, request, 0, &reader);
	netlink_close(&nl);
	return err;
}

bool conntrack_find(struct world *world, const struct world_netns *netns, struct arena *arena,
		    const struct flow_tuple *flow, struct conntrack_entry *ret_entry)
{
	struct question q = {.arena = arena, .flow = flow};

	if (!flow->src_port || flow->src.family != flow->dst.family)
		return false;
	world_run(netns, ask, &q);
	if (!q.found)
		return false;
	*ret_entry = q.entry;
	return true;
}
