/* SPDX-License-Identifier: MIT */
/* The matches of legacy iptables that can be decided on paper. */
#include "core/iptables_match.h"
#include "core/place.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <net/if.h>

#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

bool iptables_entry_at(const uint8_t *entries, size_t size, size_t offset, bool v6,
		       struct iptables_entry *ret_entry)
{
	const size_t head = v6 ? sizeof(struct ip6t_entry) : sizeof(struct ipt_entry);
	struct ipt_entry e4;
	struct ip6t_entry e6;
	struct iptables_entry e = {.v6 = v6, .matches = head};

	if (offset > size || size - offset < head || offset % 8)
		return false;
	e.bytes = entries + offset;
	if (v6) {
		memcpy(&e6, e.bytes, sizeof(e6));
		e.target = e6.target_offset;
		e.next = e6.next_offset;
		e.packets = e6.counters.pcnt;
	} else {
		memcpy(&e4, e.bytes, sizeof(e4));
		e.target = e4.target_offset;
		e.next = e4.next_offset;
		e.packets = e4.counters.pcnt;
	}
	if (e.target < head || e.next > size - offset ||
	    e.next < e.target + sizeof(struct xt_entry_target))
		return false;
	*ret_entry = e;
	return true;
}

static bool masked_equal(const struct addr *addr, const void *net, const void *mask, size_t len)
{
	const uint8_t *n = net, *m = mask;

	for (size_t i = 0; i < len; i++)
		if ((addr->bytes[i] & m[i]) != (n[i] & m[i]))
			return false;
	return true;
}

static bool interface_equal(const char *name, const char *rule, const unsigned char *mask)
{
	char ours[IFNAMSIZ] = {};

	if (name)
		strncpy(ours, name, sizeof(ours) - 1);
	for (size_t i = 0; i < IFNAMSIZ; i++)
		if ((ours[i] ^ rule[i]) & mask[i])
			return false;
	return true;
}

static bool header_matches4(const struct ipt_ip *ip, const struct packet *p)
{
	if (masked_equal(&p->src, &ip->src, &ip->smsk, 4) == !!(ip->invflags & IPT_INV_SRCIP) ||
	    masked_equal(&p->dst, &ip->dst, &ip->dmsk, 4) == !!(ip->invflags & IPT_INV_DSTIP))
		return false;
	if (interface_equal(p->in_name, ip->iniface, ip->iniface_mask) ==
		    !!(ip->invflags & IPT_INV_VIA_IN) ||
	    interface_equal(p->out_name, ip->outiface, ip->outiface_mask) ==
		    !!(ip->invflags & IPT_INV_VIA_OUT))
		return false;
	return !ip->proto || (p->ip_proto == ip->proto) == !(ip->invflags & IPT_INV_PROTO);
}

static bool header_matches6(const struct ip6t_ip6 *ip, const struct packet *p)
{
	if (masked_equal(&p->src, &ip->src, &ip->smsk, 16) == !!(ip->invflags & IP6T_INV_SRCIP) ||
	    masked_equal(&p->dst, &ip->dst, &ip->dmsk, 16) == !!(ip->invflags & IP6T_INV_DSTIP))
		return false;
	if (interface_equal(p->in_name, ip->iniface, ip->iniface_mask) ==
		    !!(ip->invflags & IP6T_INV_VIA_IN) ||
	    interface_equal(p->out_name, ip->outiface, ip->outiface_mask) ==
		    !!(ip->invflags & IP6T_INV_VIA_OUT))
		return false;
	return !(ip->flags & IP6T_F_PROTO) || !ip->proto ||
	       (p->ip_proto == ip->proto) == !(ip->invflags & IP6T_INV_PROTO);
}

static enum nft_truth truth(bool value)
{
	return value ? NFT_TRUE : NFT_FALSE;
}

static bool port_in(uint16_t port, const uint16_t range[2], bool inverted)
{
	return (port >= range[0] && port <= range[1]) != inverted;
}

static enum nft_truth match_tcp(const void *data, size_t len, const struct packet *p, uint32_t *why)
{
	struct xt_tcp tcp;

	if (len < sizeof(tcp))
		return NFT_UNKNOWN;
	memcpy(&tcp, data, sizeof(tcp));
	if (!port_in(p->src_port, tcp.spts, tcp.invflags & XT_TCP_INV_SRCPT) ||
	    !port_in(p->dst_port, tcp.dpts, tcp.invflags & XT_TCP_INV_DSTPT))
		return NFT_FALSE;
	if (((p->tcp_flags & tcp.flg_mask) == tcp.flg_cmp) == !!(tcp.invflags & XT_TCP_INV_FLAGS))
		return NFT_FALSE;
	if (tcp.flg_mask & (TCP_FLAG_ECE | TCP_FLAG_CWR))
		*why |= BECAUSE_TCP_FLAGS;
	if (tcp.option) {
		*why |= BECAUSE_TCP_OPTION;
		return NFT_UNKNOWN;
	}
	return NFT_TRUE;
}

static enum nft_truth match_udp(const void *data, size_t len, const struct packet *p)
{
	struct xt_udp udp;

	if (len < sizeof(udp))
		return NFT_UNKNOWN;
	memcpy(&udp, data, sizeof(udp));
	return truth(port_in(p->src_port, udp.spts, udp.invflags & XT_UDP_INV_SRCPT) &&
		     port_in(p->dst_port, udp.dpts, udp.invflags & XT_UDP_INV_DSTPT));
}

/* ct_state's bits are XT_CONNTRACK_STATE_BIT of IP_CT_*: 1 invalid, 2 est., 4 related, 8 new. */
static enum nft_truth match_state(uint32_t mask, bool inverted, const struct packet *p,
				  uint32_t *why)
{
	if (!p->ct_state)
		return NFT_UNKNOWN;
	if (p->ct_state == CT_STATE_INVALID)
		*why |= BECAUSE_CT_INVALID;
	return truth(!!(mask & p->ct_state) != inverted);
}

static enum nft_truth match_multiport(const void *data, size_t len, const struct packet *p)
{
	struct xt_multiport_v1 m;
	bool found = false;

	if (len < sizeof(m))
		return NFT_UNKNOWN;
	memcpy(&m, data, sizeof(m));
	for (unsigned i = 0; i < m.count && i < XT_MULTI_PORTS; i++) {
		uint16_t low = m.ports[i], high = low;
		if (m.pflags[i] && i + 1 < XT_MULTI_PORTS)
			high = m.ports[++i];
		bool src = p->src_port >= low && p->src_port <= high;
		bool dst = p->dst_port >= low && p->dst_port <= high;
		found |= m.flags == XT_MULTIPORT_SOURCE	       ? src
			 : m.flags == XT_MULTIPORT_DESTINATION ? dst
							       : src || dst;
	}
	return truth(found != m.invert);
}

/*
 * -m set asks whose address is in it: struct xt_set_info of all revisions but the first (index, dim,
 * flags) has bit 1 set where the first part is the source. A set of targets is no blocklist.
 */
static bool is_set_of_clients(const struct xt_entry_match *head, const uint8_t *data, size_t len,
			      const struct packet *p)
{
	enum { FLAGS = 3, FIRST_IS_SOURCE = 1 << 1 };

	if (!head->u.user.revision || len <= FLAGS)
		return true;
	return !(data[FLAGS] & FIRST_IS_SOURCE) == p->is_reply;
}

static enum nft_truth match_one(const struct xt_entry_match *head, const uint8_t *data, size_t len,
				const struct packet *p, uint32_t *why)
{
	const char *name = head->u.user.name;
	uint16_t u16[4];
	uint32_t u32;

	if (!strcmp(name, "comment"))
		return NFT_TRUE;
	if (!strcmp(name, "tcp"))
		return match_tcp(data, len, p, why);
	if (!strcmp(name, "udp"))
		return match_udp(data, len, p);
	if (!strcmp(name, "multiport") && head->u.user.revision == 1)
		return match_multiport(data, len, p);
	if (!strcmp(name, "state") && len >= sizeof(u32)) {
		memcpy(&u32, data, sizeof(u32));
		return match_state(u32, false, p, why);
	}
	if (!strcmp(name, "conntrack") && head->u.user.revision == 3 &&
	    len >= sizeof(struct xt_conntrack_mtinfo3)) {
		const size_t at = offsetof(struct xt_conntrack_mtinfo3, match_flags);
		memcpy(u16, data + at, sizeof(u16)); /* match_flags, invert_flags, state_mask */
		if (u16[0] == XT_CONNTRACK_STATE)
			return match_state(u16[2], u16[1] & XT_CONNTRACK_STATE, p, why);
		return NFT_UNKNOWN;
	}
	if (!strcmp(name, "limit") || !strcmp(name, "hashlimit") || !strcmp(name, "recent") ||
	    !strcmp(name, "quota"))
		*why |= BECAUSE_LIMIT;
	else if (!strcmp(name, "connlimit"))
		*why |= BECAUSE_CT_COUNT;
	else if (!strcmp(name, "set") && is_set_of_clients(head, data, len, p))
		*why |= BECAUSE_SET;
	else if (!strcmp(name, "statistic"))
		*why |= BECAUSE_RANDOM;
	else if (!strcmp(name, "string") || !strcmp(name, "u32") || !strcmp(name, "bpf"))
		*why |= BECAUSE_PAYLOAD;
	else if (!strcmp(name, "owner") || !strcmp(name, "cgroup"))
		*why |= BECAUSE_CGROUP;
	else if (!strcmp(name, "rpfilter"))
		*why |= BECAUSE_FIB;
	else if (!strcmp(name, "length"))
		*why |= BECAUSE_SIZE;
	return NFT_UNKNOWN;
}

enum nft_truth iptables_entry_matches(const struct iptables_entry *entry,
				      const struct packet *packet, uint32_t *because)
{
	enum nft_truth all = NFT_TRUE;
	struct ipt_entry e4;
	struct ip6t_entry e6;

	if (entry->v6) {
		memcpy(&e6, entry->bytes, sizeof(e6));
		if (!header_matches6(&e6.ipv6, packet))
			return NFT_FALSE;
	} else {
		memcpy(&e4, entry->bytes, sizeof(e4));
		if (!header_matches4(&e4.ip, packet))
			return NFT_FALSE;
	}
	for (size_t at = entry->matches; at < entry->target;) {
		struct xt_entry_match head;
		if (entry->target - at < sizeof(head))
			return NFT_UNKNOWN;
		memcpy(&head, entry->bytes + at, sizeof(head));
		head.u.user.name[sizeof(head.u.user.name) - 1] = '\0';
		if (head.u.match_size < sizeof(head) || head.u.match_size > entry->target - at)
			return NFT_UNKNOWN;
		enum nft_truth one =
			match_one(&head, entry->bytes + at + sizeof(head),
				  head.u.match_size - sizeof(head), packet, because);
		if (one == NFT_FALSE)
			return NFT_FALSE;
		if (one == NFT_UNKNOWN)
			all = NFT_UNKNOWN;
		at += head.u.match_size;
	}
	return all;
}
