/* SPDX-License-Identifier: MIT */
/* The names that nft prints instead of numbers. A pure table. */
#include "base/auto.h"
#include "core/nft_value.h"

#include <stdlib.h>
#include <string.h>

static const struct symbol {
	const char *symbols, *name;
	uint64_t number;
} symbols_known[] = {
	{"flags", "fin", 1}, {"flags", "syn", 2}, {"flags", "rst", 4}, {"flags", "psh", 8},
	{"flags", "ack", 16}, {"flags", "urg", 32}, {"flags", "ecn", 64}, {"flags", "cwr", 128},
	{"state", "invalid", 1}, {"state", "established", 2}, {"state", "related", 4},
	{"state", "new", 8}, {"state", "untracked", 64},
	{"status", "expected", 1}, {"status", "seen-reply", 2}, {"status", "assured", 4},
	{"status", "confirmed", 8}, {"status", "snat", 16}, {"status", "dnat", 32},
	{"status", "dying", 512},
	{"direction", "original", 0}, {"direction", "reply", 1},
	{"proto", "icmp", 1}, {"proto", "igmp", 2}, {"proto", "tcp", 6}, {"proto", "udp", 17},
	{"proto", "dccp", 33}, {"proto", "gre", 47}, {"proto", "esp", 50}, {"proto", "ah", 51},
	{"proto", "icmpv6", 58}, {"proto", "ipv6-icmp", 58}, {"proto", "comp", 108},
	{"proto", "sctp", 132}, {"proto", "udplite", 136}, {"proto", "ip", 0},
	{"nfproto", "ipv4", 2}, {"nfproto", "ipv6", 10},
	{"ether", "ip", 0x0800}, {"ether", "arp", 0x0806}, {"ether", "ip6", 0x86dd},
	{"ether", "vlan", 0x8100}, {"ether", "8021q", 0x8100}, {"ether", "8021ad", 0x88a8},
	{"arp", "request", 1}, {"arp", "reply", 2},
	{"pkttype", "host", 0}, {"pkttype", "unicast", 0}, {"pkttype", "broadcast", 1},
	{"pkttype", "multicast", 2}, {"pkttype", "other", 3},
	{"ecn", "not-ect", 0}, {"ecn", "ect1", 1}, {"ecn", "ect0", 2}, {"ecn", "ce", 3},
	{"icmp", "echo-reply", 0}, {"icmp", "destination-unreachable", 3},
	{"icmp", "source-quench", 4}, {"icmp", "redirect", 5}, {"icmp", "echo-request", 8},
	{"icmp", "router-advertisement", 9}, {"icmp", "router-solicitation", 10},
	{"icmp", "time-exceeded", 11}, {"icmp", "parameter-problem", 12},
	{"icmp", "timestamp-request", 13}, {"icmp", "timestamp-reply", 14},
	{"icmp-code", "net-unreachable", 0}, {"icmp-code", "host-unreachable", 1},
	{"icmp-code", "prot-unreachable", 2}, {"icmp-code", "port-unreachable", 3},
	{"icmp-code", "frag-needed", 4}, {"icmp-code", "net-prohibited", 9},
	{"icmp-code", "host-prohibited", 10}, {"icmp-code", "admin-prohibited", 13},
	{"icmpv6", "destination-unreachable", 1}, {"icmpv6", "packet-too-big", 2},
	{"icmpv6", "time-exceeded", 3}, {"icmpv6", "parameter-problem", 4},
	{"icmpv6", "echo-request", 128}, {"icmpv6", "echo-reply", 129},
	{"icmpv6", "mld-listener-query", 130}, {"icmpv6", "mld-listener-report", 131},
	{"icmpv6", "mld-listener-done", 132}, {"icmpv6", "mld-listener-reduction", 132},
	{"icmpv6", "nd-router-solicit", 133}, {"icmpv6", "nd-router-advert", 134},
	{"icmpv6", "nd-neighbor-solicit", 135}, {"icmpv6", "nd-neighbor-advert", 136},
	{"icmpv6", "nd-redirect", 137}, {"icmpv6", "mld2-listener-report", 143},
	{"icmpv6-code", "no-route", 0}, {"icmpv6-code", "admin-prohibited", 1},
	{"icmpv6-code", "addr-unreachable", 3}, {"icmpv6-code", "port-unreachable", 4},
	{"icmpv6-code", "policy-fail", 5}, {"icmpv6-code", "reject-route", 6},
	{"icmpx", "port-unreachable", 3}, {"icmpx", "no-route", 0}, {"icmpx", "host-unreachable", 1},
	{"icmpx", "admin-prohibited", 13},
};

bool nft_symbol(const char *symbols, const char *name, uint64_t *ret_number)
{
	for (size_t i = 0; symbols && i < N_ELEMENTS(symbols_known); i++) {
		if (strcmp(symbols_known[i].symbols, symbols) || strcmp(symbols_known[i].name, name))
			continue;
		*ret_number = symbols_known[i].number;
		return true;
	}
	char *end;
	unsigned long long number = strtoull(name, &end, 0);
	if (end == name || *end)
		return false;
	*ret_number = number;
	return true;
}
