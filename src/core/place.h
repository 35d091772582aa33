/* SPDX-License-Identifier: MIT */
/*
 * What one network namespace on the way holds: links, addresses, neighbours, settings, firewall
 * verdicts on our packet, programs, sockets and processes. Arrays live in the case's arena and are
 * filled only as far as they were asked; .coverage bits say what is known at all.
 */
#ifndef BERTH_CORE_PLACE_H
#define BERTH_CORE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/host.h"

#include "core/place_firewall.h"
#include "core/place_links.h"
#include "core/place_sockets.h"

enum place_known { /* what was looked at; a clear bit means "not known", never "none" */
	PLACE_LINKS = 1 << 0,
	PLACE_NEIGHBOURS = 1 << 1,
	PLACE_SYSCTLS = 1 << 2,
	PLACE_COUNTERS = 1 << 3,
	PLACE_SOCKETS = 1 << 4,
	PLACE_PROCESSES = 1 << 5,
	PLACE_NFT = 1 << 6,
	PLACE_IPTABLES = 1 << 7,
	PLACE_CONNTRACK = 1 << 8,
	PLACE_XFRM = 1 << 9,
	PLACE_BPF = 1 << 10,
	PLACE_RULES = 1 << 11,
	PLACE_TC = 1 << 12,
};

struct setting { /* a sysctl that could matter */
	const char *name;  /* "net.ipv4.ip_forward", "net.ipv4.conf.eth0.rp_filter" */
	const char *value; /* as the kernel prints it, blanks folded, no newline */
};

struct counter { /* how much an SNMP counter of this netns rose during the attempts */
	const char *name; /* "TcpExt.ListenOverflows", "Ip.InAddrErrors", "Ip6.InNoRoutes" */
	uint64_t before, rose;
};

struct place {
	uint64_t netns; /* inode */
	const char *name; /* "ip netns" name, container or process; NULL: none */
	bool is_self;	/* the asker's own */
	uint32_t pid;	/* a process in it; 0: none */
	uint32_t known; /* enum place_known */
	struct host host; /* interfaces, addresses, port ranges */
	struct link_facts *links;
	size_t n_links, room_links;
	struct place_address *addresses; /* known with the links */
	size_t n_addresses, room_addresses;
	struct neighbour *neighbours;
	size_t n_neighbours, room_neighbours;
	struct ip_rule *ip_rules;
	size_t n_ip_rules, room_ip_rules;
	struct setting *settings;
	size_t n_settings, room_settings;
	struct counter *counters; /* only those that rose */
	size_t n_counters, room_counters;
	struct firewall_verdict *verdicts; /* of rules and chains on our packets */
	size_t n_verdicts, room_verdicts;
	bool has_source_nat; /* a NAT chain at postrouting exists */
	struct conntrack_facts conntrack;
	struct xfrm_policy_facts *xfrm; /* policies that match our flow */
	size_t n_xfrm, room_xfrm;
	struct bpf_attachment *programs;
	size_t n_programs, room_programs;
	struct place_socket *sockets; /* that could have to do with our flow */
	size_t n_sockets, room_sockets;
	struct place_process *processes; /* holders of .sockets */
	size_t n_processes, room_processes;
};

/* The value of a setting or NULL; the number of it or @otherwise. */
const char *place_setting(const struct place *place, const char *name);
long place_setting_number(const struct place *place, const char *name, long otherwise);
/* By how much a counter rose: 0 when it did not or was not looked at. */
uint64_t place_counter(const struct place *place, const char *name);
const struct link_facts *place_link(const struct place *place, uint32_t index);
/* The entry of an address that is this namespace's own, or NULL. */
const struct place_address *place_address(const struct place *place, const struct addr *addr);
const struct neighbour *place_neighbour(const struct place *place, uint32_t link,
					const struct addr *addr);
const struct place_process *place_process(const struct place *place, uint32_t pid);

#endif
