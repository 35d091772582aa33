/* SPDX-License-Identifier: MIT */
/* Entry by entry, in whatever chain it stands: who jumps there is not followed. */
#include "core/forward_iptables.h"
#include "base/arena.h"
#include "core/iptables.h"
#include "core/iptables_match.h"
#include "core/sock.h"

#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/xt_TPROXY.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

enum { MAX_RANGES = XT_MULTI_PORTS };

struct reading {
	struct forward forward;
	struct port_range ranges[MAX_RANGES];
	size_t n_ranges;
	bool undecided; /* a condition on ports that is not a list of them */
};

static void read_header(const struct iptables_entry *e, struct reading *reading)
{
	struct ipt_entry e4;
	struct ip6t_entry e6;
	uint16_t proto;

	if (e->v6) {
		memcpy(&e6, e->bytes, sizeof(e6));
		proto = e6.ipv6.flags & IP6T_F_PROTO && !(e6.ipv6.invflags & IP6T_INV_PROTO)
				? e6.ipv6.proto
				: 0;
		const uint8_t *mask = e6.ipv6.dmsk.s6_addr;
		bool whole = !(e6.ipv6.invflags & IP6T_INV_DSTIP);
		for (int i = 0; i < 16; i++)
			whole &= mask[i] == 0xff;
		if (whole) {
			reading->forward.address.family = ADDR_IPV6;
			memcpy(reading->forward.address.bytes, &e6.ipv6.dst, 16);
		}
	} else {
		memcpy(&e4, e->bytes, sizeof(e4));
		proto = e4.ip.invflags & IPT_INV_PROTO ? 0 : e4.ip.proto;
		if (e4.ip.dmsk.s_addr == UINT32_MAX && !(e4.ip.invflags & IPT_INV_DSTIP))
			reading->forward.address = addr_ipv4(ntohl(e4.ip.dst.s_addr));
	}
	if (proto == IPPROTO_TCP)
		reading->forward.proto = SOCK_PROTO_TCP;
	else if (proto == IPPROTO_UDP)
		reading->forward.proto = SOCK_PROTO_UDP;
}

static void add_range(struct reading *reading, uint16_t low, uint16_t high, bool inverted)
{
	if (!low && high == UINT16_MAX)
		return;
	if (inverted || low > high || reading->n_ranges == MAX_RANGES)
		reading->undecided = true;
	else
		reading->ranges[reading->n_ranges++] = (struct port_range){low, high};
}

static void read_multiport(const void *data, size_t len, struct reading *reading)
{
	struct xt_multiport_v1 multi;

	if (len < sizeof(multi)) {
		reading->undecided = true;
		return;
	}
	memcpy(&multi, data, sizeof(multi));
	if (multi.flags == XT_MULTIPORT_SOURCE)
		return;
	for (unsigned i = 0; i < multi.count && i < XT_MULTI_PORTS; i++) {
		const uint16_t low = multi.ports[i];
		const bool range = multi.pflags[i] && i + 1 < XT_MULTI_PORTS;
		add_range(reading, low, range ? multi.ports[++i] : low, multi.invert);
	}
}

static void read_match(const struct xt_entry_match *match, const void *data, size_t len,
		       struct reading *reading)
{
	struct xt_tcp tcp;
	struct xt_udp udp;

	if (!strcmp(match->u.user.name, "tcp") && len >= sizeof(tcp)) {
		memcpy(&tcp, data, sizeof(tcp));
		add_range(reading, tcp.dpts[0], tcp.dpts[1], tcp.invflags & XT_TCP_INV_DSTPT);
	} else if (!strcmp(match->u.user.name, "udp") && len >= sizeof(udp)) {
		memcpy(&udp, data, sizeof(udp));
		add_range(reading, udp.dpts[0], udp.dpts[1], udp.invflags & XT_UDP_INV_DSTPT);
	} else if (!strcmp(match->u.user.name, "multiport")) {
		read_multiport(data, len, reading);
	}
}

static void read_matches(const struct iptables_entry *e, struct reading *reading)
{
	struct xt_entry_match match;

	for (size_t at = e->matches; at + sizeof(match) <= e->target;) {
		memcpy(&match, e->bytes + at, sizeof(match));
		match.u.user.name[sizeof(match.u.user.name) - 1] = '\0';
		const size_t size = match.u.match_size;
		if (size < sizeof(match) || size > e->target - at)
			return;
		read_match(&match, e->bytes + at + sizeof(match), size - sizeof(match), reading);
		at += size;
	}
}

static void set_target(struct reading *reading, const void *address, bool v6, bool has_address,
		       uint16_t low, uint16_t high)
{
	if (has_address) {
		reading->forward.to.family = v6 ? ADDR_IPV6 : ADDR_IPV4;
		memcpy(reading->forward.to.bytes, address, v6 ? 16 : 4);
	}
	reading->forward.to_ports = (struct port_range){low, high};
}

/* net/netfilter/xt_nat.c, xt_REDIRECT.c: revision 0 of IPv4 has a form of its own. */
static void read_nat(const uint8_t *data, size_t len, bool v6, unsigned revision,
		     struct reading *reading)
{
	struct nf_nat_ipv4_multi_range_compat old;
	struct nf_nat_range range;

	if (!v6 && !revision && len >= sizeof(old)) {
		memcpy(&old, data, sizeof(old));
		const bool ports = old.range[0].flags & NF_NAT_RANGE_PROTO_SPECIFIED;
		set_target(reading, &old.range[0].min_ip, v6,
			   old.range[0].flags & NF_NAT_RANGE_MAP_IPS,
			   ports ? ntohs(old.range[0].min.all) : 0,
			   ports ? ntohs(old.range[0].max.all) : 0);
	} else if (len >= sizeof(range) && (v6 || revision)) {
		memcpy(&range, data, sizeof(range));
		const bool ports = range.flags & NF_NAT_RANGE_PROTO_SPECIFIED;
		set_target(reading, &range.min_addr, v6, range.flags & NF_NAT_RANGE_MAP_IPS,
			   ports ? ntohs(range.min_proto.all) : 0,
			   ports ? ntohs(range.max_proto.all) : 0);
	}
}

static void read_tproxy(const uint8_t *data, size_t len, bool v6, unsigned revision,
			struct reading *reading)
{
	struct xt_tproxy_target_info old;
	struct xt_tproxy_target_info_v1 info;
	static const uint8_t any[16];

	if (!revision && len >= sizeof(old)) {
		memcpy(&old, data, sizeof(old));
		set_target(reading, &old.laddr, false, old.laddr, ntohs(old.lport),
			   ntohs(old.lport));
	} else if (len >= sizeof(info)) {
		memcpy(&info, data, sizeof(info));
		set_target(reading, &info.laddr, v6, memcmp(&info.laddr, any, v6 ? 16 : 4) != 0,
			   ntohs(info.lport), ntohs(info.lport));
	}
}

/* False: no target of ours. */
static bool read_target(const struct iptables_entry *e, const struct xt_entry_target *target,
			struct reading *reading)
{
	const uint8_t *data = e->bytes + e->target + sizeof(*target);
	const size_t len = e->next - e->target - sizeof(*target);
	const char *name = target->u.user.name;
	const unsigned revision = target->u.user.revision;

	if (!strcmp(name, "TPROXY")) {
		reading->forward.kind = FORWARD_TPROXY;
		read_tproxy(data, len, e->v6, revision, reading);
		return true;
	}
	if (strcmp(name, "DNAT") != 0 && strcmp(name, "REDIRECT") != 0)
		return false;
	reading->forward.kind = *name == 'D' ? FORWARD_DNAT : FORWARD_REDIRECT;
	read_nat(data, len, e->v6, revision, reading);
	if (reading->forward.kind == FORWARD_REDIRECT)
		reading->forward.to.family = ADDR_NONE;
	return true;
}

static int add_all(const struct reading *reading,
		   int (*add)(const struct forward *forward, void *data), void *data)
{
	struct forward forward = reading->forward;
	int stop = 0;

	if (reading->undecided)
		return 0;
	forward.ports = (struct port_range){0, UINT16_MAX};
	if (!reading->n_ranges)
		return add(&forward, data);
	for (size_t i = 0; i < reading->n_ranges && !stop; i++) {
		forward.ports = reading->ranges[i];
		stop = add(&forward, data);
	}
	return stop;
}

int forward_from_iptables(struct arena *arena, const struct iptables_table *table,
			  int (*add)(const struct forward *forward, void *data), void *data)
{
	static const char *const bases[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT",
					    "POSTROUTING"};
	const char *chain = "?";
	struct iptables_entry e;
	unsigned number = 0;
	int stop = 0;

	for (size_t at = 0;
	     !stop && iptables_entry_at(table->entries, table->size, at, table->v6, &e);
	     at += e.next) {
		struct reading reading = {.forward = {.proto = SOCK_PROTO_OTHER}};
		struct xt_entry_target target;
		memcpy(&target, e.bytes + e.target, sizeof(target));
		target.u.user.name[sizeof(target.u.user.name) - 1] = '\0';
		number++;
		for (int h = 0; h < N_IPTABLES_HOOKS; h++)
			if (table->valid_hooks & 1u << h && table->hook_entry[h] == at) {
				chain = bases[h];
				number = 1;
			}
		if (!strcmp(target.u.user.name, XT_ERROR_TARGET)) { /* a named chain begins */
			const char *name = (const char *)e.bytes + e.target + sizeof(target);
			chain = arena_dup(arena, name,
					  strnlen(name, e.next - e.target - sizeof(target)));
			number = 0;
			continue;
		}
		if (!read_target(&e, &target, &reading))
			continue;
		read_header(&e, &reading);
		read_matches(&e, &reading);
		reading.forward.own_traffic = chain == bases[3];
		reading.forward.by = arena_printf(arena, "%s-legacy %s %s, rule %u",
						  table->v6 ? "ip6tables" : "iptables", table->name,
						  chain ? chain : "?", number);
		if (!reading.forward.by)
			reading.forward.by = "iptables-legacy";
		stop = add_all(&reading, add, data);
	}
	return stop;
}
