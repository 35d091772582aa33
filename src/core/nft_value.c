/* SPDX-License-Identifier: MIT */
/* What an nft expression is for a packet on paper. */
#include "core/nft_value.h"
#include "base/auto.h"
#include "core/place.h"

#include <netinet/in.h>
#include <string.h>

static struct nft_value number(uint64_t n, const char *symbols)
{
	return (struct nft_value){.kind = NFT_VALUE_NUMBER, .number = n, .symbols = symbols};
}

static struct nft_value text(const char *t)
{
	if (!t)
		return (struct nft_value){.kind = NFT_VALUE_ABSENT};
	return (struct nft_value){.kind = NFT_VALUE_TEXT, .text = t};
}

static struct nft_value address(const struct addr *a)
{
	return (struct nft_value){.kind = NFT_VALUE_ADDR, .addr = *a};
}

static const struct nft_value absent = {.kind = NFT_VALUE_ABSENT};
static const struct nft_value unknown = {.kind = NFT_VALUE_UNKNOWN};

static struct nft_value tcp_field(struct nft_scope *scope, const char *field)
{
	const struct packet *p = scope->packet;

	if (!strcmp(field, "flags")) {
		if (p->tcp_flags & (TCP_FLAG_ECE | TCP_FLAG_CWR))
			scope->because |= BECAUSE_TCP_FLAGS;
		return number(p->tcp_flags, "flags");
	}
	return unknown;
}

static struct nft_value ip_field(struct nft_scope *scope, const char *field)
{
	const struct packet *p = scope->packet;

	if (!strcmp(field, "saddr"))
		return address(&p->src);
	if (!strcmp(field, "daddr"))
		return address(&p->dst);
	if (!strcmp(field, "protocol") || !strcmp(field, "nexthdr"))
		return number(p->ip_proto, "proto");
	if (!strcmp(field, "ttl") || !strcmp(field, "hoplimit"))
		return p->ttl ? number(p->ttl, NULL) : unknown;
	if (!strcmp(field, "length")) {
		scope->because |= BECAUSE_SIZE;
		/* IPv6's field does not count its own header. */
		return !p->ip_bytes ? unknown
		       : number(p->ip_bytes - (p->src.family == ADDR_IPV6 ? 40u : 0u), NULL);
	}
	if (!strcmp(field, "version"))
		return number(p->src.family, NULL);
	return unknown;
}

static struct nft_value icmp_field(const struct packet *p, const char *field, bool v6)
{
	if (p->ip_proto != (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return absent;
	if (!strcmp(field, "type"))
		return number(p->icmp_type, v6 ? "icmpv6" : "icmp");
	if (!strcmp(field, "code"))
		return number(p->icmp_code, v6 ? "icmpv6-code" : "icmp-code");
	return unknown;
}

static struct nft_value arp_field(const struct packet *p, const char *field)
{
	if (p->layer != PACKET_ARP && !p->is_arp_frame)
		return absent;
	if (!strcmp(field, "operation"))
		return number(p->arp_operation, "arp");
	if (!strcmp(field, "saddr ip"))
		return address(&p->src);
	if (!strcmp(field, "daddr ip"))
		return address(&p->dst);
	return unknown;
}

/* "@ih,0,32": bytes of the application's data, or of a header. */
static struct nft_value raw_payload(struct nft_scope *scope, const struct json_value *payload)
{
	const struct packet *p = scope->packet;
	const char *base = json_get_text(payload, "base");
	int64_t offset = json_get_number(payload, "offset", -1);
	int64_t len = json_get_number(payload, "len", 0);

	if (strcmp(base, "ih"))
		return unknown;
	scope->because |= BECAUSE_PAYLOAD;
	if (!p->has_payload)
		return absent;
	if (!p->payload || offset < 0 || offset % 8 || len % 8 || len > 64 || len <= 0)
		return unknown;
	if (offset / 8 + len / 8 > p->payload_len)
		return absent;
	uint64_t value = 0;
	for (int64_t i = 0; i < len / 8; i++)
		value = value << 8 | p->payload[offset / 8 + i];
	return number(value, NULL);
}

static struct nft_value payload_value(struct nft_scope *scope, const struct json_value *payload)
{
	const struct packet *p = scope->packet;
	const char *protocol = json_get_text(payload, "protocol");
	const char *field = json_get_text(payload, "field");

	if (json_get_text(payload, "base"))
		return raw_payload(scope, payload);
	if (!protocol || !field)
		return unknown;
	if (!strcmp(protocol, "arp"))
		return arp_field(p, field);
	if (!strcmp(protocol, "ether"))
		return strcmp(field, "type") ? unknown
		       : number(p->layer == PACKET_ARP || p->is_arp_frame ? 0x0806
				: p->src.family == ADDR_IPV6 ? 0x86dd : 0x0800, "ether");
	if (p->layer == PACKET_ARP || p->is_arp_frame)
		return absent;
	if (!strcmp(protocol, "ip"))
		return p->src.family != ADDR_IPV4 ? absent
		       : strcmp(field, "ecn") && strcmp(field, "dscp") ? ip_field(scope, field)
								       : number(0, "ecn");
	if (!strcmp(protocol, "ip6"))
		return p->src.family == ADDR_IPV6 ? ip_field(scope, field) : absent;
	if (!strcmp(protocol, "icmp") || !strcmp(protocol, "icmpv6"))
		return icmp_field(p, field, protocol[4]);
	const bool is_tcp = !strcmp(protocol, "tcp"), is_udp = !strcmp(protocol, "udp");
	if (!is_tcp && !is_udp && strcmp(protocol, "th"))
		return absent;
	if ((is_tcp && p->ip_proto != IPPROTO_TCP) || (is_udp && p->ip_proto != IPPROTO_UDP))
		return absent;
	if (p->ip_proto != IPPROTO_TCP && p->ip_proto != IPPROTO_UDP)
		return absent;
	if (!strcmp(field, "sport"))
		return number(p->src_port, NULL);
	if (!strcmp(field, "dport"))
		return number(p->dst_port, NULL);
	return is_tcp ? tcp_field(scope, field) : unknown;
}

static struct nft_value meta_value(struct nft_scope *scope, const char *key)
{
	const struct packet *p = scope->packet;

	if (!strcmp(key, "iifname") || !strcmp(key, "iif") || !strcmp(key, "ibrname"))
		return text(p->in_name);
	if (!strcmp(key, "oifname") || !strcmp(key, "oif") || !strcmp(key, "obrname"))
		return text(p->out_name);
	if (!strcmp(key, "l4proto"))
		return p->layer == PACKET_ARP || p->is_arp_frame ? absent : number(p->ip_proto, "proto");
	if (!strcmp(key, "nfproto"))
		return number(p->src.family == ADDR_IPV6 ? 10 : 2, "nfproto");
	if (!strcmp(key, "protocol"))
		return number(p->layer == PACKET_ARP || p->is_arp_frame ? 0x0806
			      : p->src.family == ADDR_IPV6 ? 0x86dd : 0x0800, "ether");
	if (!strcmp(key, "mark"))
		return p->mark_known ? number(p->mark, NULL) : unknown;
	if (!strcmp(key, "length")) {
		scope->because |= BECAUSE_SIZE;
		return p->ip_bytes ? number(p->ip_bytes, NULL) : unknown;
	}
	if (!strcmp(key, "skuid")) {
		scope->because |= BECAUSE_CGROUP;
		return p->uid >= 0 ? number((uint64_t)p->uid, NULL) : absent;
	}
	if (!strcmp(key, "skgid") || !strcmp(key, "cgroup")) {
		scope->because |= BECAUSE_CGROUP;
		return p->uid >= 0 ? unknown : absent;
	}
	if (!strcmp(key, "iifkind"))
		return text(p->in_kind);
	if (!strcmp(key, "oifkind"))
		return text(p->out_kind);
	if (!strcmp(key, "pkttype"))
		return number(0, "pkttype");
	if (!strcmp(key, "random"))
		scope->because |= BECAUSE_RANDOM;
	return unknown;
}

static struct nft_value ct_value(struct nft_scope *scope, const struct json_value *ct)
{
	const struct packet *p = scope->packet;
	const char *key = json_get_text(ct, "key"), *dir = json_get_text(ct, "dir");
	const bool reply = dir && !strcmp(dir, "reply");

	if (!key)
		return unknown;
	if (!strcmp(key, "state")) {
		if (p->ct_state == CT_STATE_INVALID)
			scope->because |= BECAUSE_CT_INVALID;
		return p->ct_state ? number(p->ct_state, "state") : unknown;
	}
	if (!strcmp(key, "direction"))
		return number(p->is_reply, "direction");
	if (!strcmp(key, "status"))
		return number((p->was_dnat ? 32u : 0) | (p->was_snat ? 16u : 0), "status");
	if (!strcmp(key, "l3proto"))
		return number(p->src.family == ADDR_IPV6 ? 10 : 2, "nfproto");
	if (!strcmp(key, "protocol"))
		return number(p->ip_proto, "proto");
	if (reply || !dir)
		return unknown;
	if (!strcmp(key, "ip daddr") || !strcmp(key, "ip6 daddr") || !strcmp(key, "daddr"))
		return address(p->ct_original_dst.family ? &p->ct_original_dst
			       : p->is_reply ? &p->src : &p->dst);
	if (!strcmp(key, "ip saddr") || !strcmp(key, "ip6 saddr") || !strcmp(key, "saddr"))
		return address(p->ct_original_src.family ? &p->ct_original_src
			       : p->is_reply ? &p->dst : &p->src);
	if (!strcmp(key, "proto-dst"))
		return number(p->ct_original_dst_port ? p->ct_original_dst_port
			      : p->is_reply ? p->src_port : p->dst_port, NULL);
	return unknown;
}

static struct nft_value tcp_option_value(struct nft_scope *scope, const struct json_value *option)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} known[] = {{"maxseg", TCP_HAS_MSS}, {"window", TCP_HAS_WINDOW},
		     {"sack-perm", TCP_HAS_SACK_PERM}, {"sack-permitted", TCP_HAS_SACK_PERM},
		     {"timestamp", TCP_HAS_TIMESTAMP}, {"fastopen", TCP_HAS_FASTOPEN},
		     {"md5sig", TCP_HAS_MD5}};
	const struct packet *p = scope->packet;
	const char *name = json_get_text(option, "name");

	scope->because |= BECAUSE_TCP_OPTION;
	if (p->ip_proto != IPPROTO_TCP)
		return absent;
	if (!p->tcp_options_known || !name)
		return unknown;
	for (size_t i = 0; i < N_ELEMENTS(known); i++) {
		if (strcmp(known[i].name, name))
			continue;
		bool there = p->tcp_options & known[i].bit;
		if (!json_get(option, "field"))
			return number(there, NULL);
		return there ? unknown : absent;
	}
	return unknown;
}

static struct nft_value fib_value(struct nft_scope *scope, const struct json_value *fib)
{
	const struct packet *p = scope->packet;
	bool saddr = false;

	scope->because |= BECAUSE_FIB;
	json_foreach(flag, json_get(fib, "flags"))
		saddr |= json_is_text(flag) && !strcmp(flag->text, "saddr");
	const char *result = json_get_text(fib, "result");
	if (saddr && result && !strcmp(result, "oif") && p->reverse_path >= 0)
		return number((uint64_t)p->reverse_path, NULL);
	return unknown;
}

static struct nft_value socket_value(struct nft_scope *scope, const struct json_value *socket)
{
	const char *key = json_get_text(socket, "key");

	scope->because |= BECAUSE_CGROUP;
	if (key && !strcmp(key, "cgroupv2"))
		return scope->packet->cgroup ? (struct nft_value){.kind = NFT_VALUE_TEXT,
								  .text = scope->packet->cgroup,
								  .symbols = "cgroup"}
		       : scope->packet->uid >= 0 ? unknown : absent;
	return unknown;
}

static struct nft_value combined(struct nft_scope *scope, const struct json_value *pair, char op)
{
	const struct json_value *second = pair->first ? pair->first->next : NULL;
	struct nft_value a = nft_value_of(scope, pair->first);

	if (a.kind != NFT_VALUE_NUMBER || !second)
		return a.kind == NFT_VALUE_ABSENT ? absent : unknown;
	uint64_t bits = 0, one;
	if (second->kind == JSON_NUMBER) {
		bits = (uint64_t)second->number;
	} else if (second->kind == JSON_TEXT) {
		if (!nft_symbol(a.symbols, second->text, &bits))
			return unknown;
	} else if (second->kind == JSON_ARRAY) {
		json_foreach(name, second) {
			if (!json_is_text(name) || !nft_symbol(a.symbols, name->text, &one))
				return unknown;
			bits |= one;
		}
	} else {
		return unknown;
	}
	if (a.symbols && !strcmp(a.symbols, "flags") && (bits & (TCP_FLAG_ECE | TCP_FLAG_CWR)))
		scope->because |= BECAUSE_TCP_FLAGS;
	return number(op == '&' ? a.number & bits : op == '|' ? a.number | bits : a.number ^ bits,
		      a.symbols);
}

struct nft_value nft_value_of(struct nft_scope *scope, const struct json_value *expression)
{
	const struct json_value *inner = expression && expression->kind == JSON_OBJECT
						 ? expression->first : NULL;

	if (!expression)
		return unknown;
	if (expression->kind == JSON_NUMBER)
		return number((uint64_t)expression->number, NULL);
	if (expression->kind == JSON_TEXT) {
		struct addr addr;
		return addr_parse(expression->text, &addr) ? address(&addr) : text(expression->text);
	}
	if (!inner)
		return unknown;
	if (!strcmp(inner->key, "payload"))
		return payload_value(scope, inner);
	if (!strcmp(inner->key, "meta")) {
		const char *key = json_get_text(inner, "key");
		return key ? meta_value(scope, key) : unknown;
	}
	if (!strcmp(inner->key, "ct"))
		return ct_value(scope, inner);
	if (!strcmp(inner->key, "tcp option"))
		return tcp_option_value(scope, inner);
	if (!strcmp(inner->key, "fib"))
		return fib_value(scope, inner);
	if (!strcmp(inner->key, "socket"))
		return socket_value(scope, inner);
	if (inner->key[0] && strchr("&|^", inner->key[0]) && !inner->key[1])
		return combined(scope, inner, inner->key[0]);
	if (!strcmp(inner->key, "numgen")) {
		const char *mode = json_get_text(inner, "mode");
		if (mode && !strcmp(mode, "random"))
			scope->because |= BECAUSE_RANDOM;
	}
	return unknown;
}
