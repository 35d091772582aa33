/* SPDX-License-Identifier: MIT */
/* Expressions as nftables' virtual machine takes them (net/netfilter/nft_{cmp,meta,payload}.c). */
#include "sources/nft_rule.h"
#include "sources/attrs.h"
#include "sources/nft_table.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

static void put_number(struct nlmsghdr *msg, uint16_t type, uint32_t number)
{
	mnl_attr_put_u32(msg, type, htonl(number));
}

struct expression {
	struct nlattr *element, *data;
};

static struct expression begin_expression(struct nlmsghdr *msg, const char *name)
{
	struct expression e = {.element = mnl_attr_nest_start(msg, NFTA_LIST_ELEM)};

	mnl_attr_put_strz(msg, NFTA_EXPR_NAME, name);
	e.data = mnl_attr_nest_start(msg, NFTA_EXPR_DATA);
	return e;
}

static void end_expression(struct nlmsghdr *msg, const struct expression *e)
{
	mnl_attr_nest_end(msg, e->data);
	mnl_attr_nest_end(msg, e->element);
}

static void put_data(struct nlmsghdr *msg, uint16_t type, const void *bytes, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(msg, type);

	mnl_attr_put(msg, NFTA_DATA_VALUE, len, bytes);
	mnl_attr_nest_end(msg, nest);
}

static void put_compare(struct nlmsghdr *msg, const void *bytes, size_t len)
{
	struct expression e = begin_expression(msg, "cmp");

	put_number(msg, NFTA_CMP_SREG, NFT_REG_1);
	put_number(msg, NFTA_CMP_OP, NFT_CMP_EQ);
	put_data(msg, NFTA_CMP_DATA, bytes, len);
	end_expression(msg, &e);
}

static void match_meta(struct nlmsghdr *msg, uint32_t key, const void *bytes, size_t len)
{
	struct expression e = begin_expression(msg, "meta");

	put_number(msg, NFTA_META_DREG, NFT_REG_1);
	put_number(msg, NFTA_META_KEY, key);
	end_expression(msg, &e);
	put_compare(msg, bytes, len);
}

static void match_bytes(struct nlmsghdr *msg, uint32_t base, uint32_t offset, const void *bytes,
			size_t len)
{
	struct expression e = begin_expression(msg, "payload");

	put_number(msg, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_number(msg, NFTA_PAYLOAD_BASE, base);
	put_number(msg, NFTA_PAYLOAD_OFFSET, offset);
	put_number(msg, NFTA_PAYLOAD_LEN, (uint32_t)len);
	end_expression(msg, &e);
	put_compare(msg, bytes, len);
}

static void match_addr(struct nlmsghdr *msg, const struct addr *addr, bool is_source)
{
	if (addr->family == ADDR_IPV4)
		match_bytes(msg, NFT_PAYLOAD_NETWORK_HEADER, is_source ? 12 : 16, addr->bytes, 4);
	else if (addr->family == ADDR_IPV6)
		match_bytes(msg, NFT_PAYLOAD_NETWORK_HEADER, is_source ? 8 : 24, addr->bytes, 16);
}

static void match_port(struct nlmsghdr *msg, uint16_t port, bool is_source)
{
	const uint16_t wire = htons(port);

	if (port)
		match_bytes(msg, NFT_PAYLOAD_TRANSPORT_HEADER, is_source ? 0 : 2, &wire, 2);
}

/* meta nftrace set 1 */
static void put_mark(struct nlmsghdr *msg)
{
	const uint32_t one = 1;
	struct expression e = begin_expression(msg, "immediate");

	put_number(msg, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	put_data(msg, NFTA_IMMEDIATE_DATA, &one, sizeof(one));
	end_expression(msg, &e);
	e = begin_expression(msg, "meta");
	put_number(msg, NFTA_META_SREG, NFT_REG_1);
	put_number(msg, NFTA_META_KEY, NFT_META_NFTRACE);
	end_expression(msg, &e);
}

void nft_rule_put(struct nlmsghdr *msg, uint8_t family, const struct nft_flow *flow, bool back)
{
	const bool v6 = flow->server.family == ADDR_IPV6;
	const uint8_t nfproto = v6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	const uint16_t ether = htons(v6 ? 0x86dd : 0x0800);
	struct nlattr *list = mnl_attr_nest_start(msg, NFTA_RULE_EXPRESSIONS);

	if (family == NFPROTO_BRIDGE || family == NFPROTO_NETDEV)
		match_meta(msg, NFT_META_PROTOCOL, &ether, sizeof(ether));
	else
		match_meta(msg, NFT_META_NFPROTO, &nfproto, sizeof(nfproto));
	match_meta(msg, NFT_META_L4PROTO, &flow->ip_proto, sizeof(flow->ip_proto));
	match_addr(msg, &flow->client, !back);
	match_addr(msg, &flow->server, back);
	match_port(msg, flow->client_port, !back);
	match_port(msg, flow->server_port, back);
	put_mark(msg);
	mnl_attr_nest_end(msg, list);
}
