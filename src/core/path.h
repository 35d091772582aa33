/* SPDX-License-Identifier: MIT */
/*
 * The way of a packet through the namespaces that can be seen, as the kernel's own tables decide
 * it: one hop a namespace (or bridge). The packet may be translated on the way.
 */
#ifndef BERTH_CORE_PATH_H
#define BERTH_CORE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

/* What the routing decision of a place says (RTM_GETROUTE with everything known of the packet). */
struct route_decision {
	bool known;
	int error;	/* positive errno of the look-up: ENETUNREACH, EHOSTUNREACH, EINVAL, EACCES */
	uint8_t type;	/* RTN_UNICAST, RTN_LOCAL, RTN_BLACKHOLE ... as found in the table */
	uint32_t table;
	uint32_t out_link; /* interface index; 0: none */
	struct addr gateway; /* family ADDR_NONE: on link */
	struct addr source;  /* chosen source address */
	struct addr prefix;  /* of the matching route, when known */
	uint8_t prefix_bits;
	bool has_prefix;
	uint32_t mtu;
	bool is_multipath;
	struct addr next_hops[8]; /* of a multipath route */
	uint32_t next_hop_links[8];
	bool next_hop_dead[8];	  /* RTNH_F_DEAD or _LINKDOWN */
	unsigned n_next_hops;
	const char *text; /* as "ip route" prints it: "blackhole 10.1.2.0/24", "default via ..." */
	uint32_t rule_pref; /* the ip rule that led to the table; UINT32_MAX: not known */
	const char *rule_text; /* that rule, as "ip rule" prints it; NULL: not known */
	bool rule_rejects;     /* the rule itself is a blackhole, unreachable or prohibit */
};

enum path_end {
	PATH_GOES_ON,
	PATH_DELIVERED,	 /* local delivery: this place is the target */
	PATH_OUT_OF_SIGHT, /* leaves over a link whose other end is not visible */
	PATH_STOPS,	 /* it cannot get further: .reason */
};

struct path_hop {
	uint32_t place;	   /* index into case_facts.places */
	uint32_t in_link, out_link; /* interface indexes there; 0: made here / ends here */
	bool is_bridge;	   /* switched, not routed, through this place */
	struct addr src, dst; /* of the packet as it arrives here */
	uint16_t src_port, dst_port;
	uint8_t ttl;	   /* as it arrives; 0: not known */
	struct route_decision route; /* forward look-up; unused for bridges */
	struct route_decision back;  /* look-up of the packet's source: rp_filter's view */
	struct addr next_hop; /* neighbour that must be resolved; family ADDR_NONE: none */
	uint16_t next_hop_state; /* NUD_* of its neighbour entry, 0: no entry */
	struct addr sent_src, sent_dst; /* as it leaves, translated; family ADDR_NONE: not sent */
	uint16_t sent_src_port, sent_dst_port;
	uint32_t stop_place, stop_link; /* with .reason: what is in the way, where */
	uint32_t other_place; /* a second namespace with the next hop's address; UINT32_MAX: none */
	bool dropped_on_paper; /* its firewall surely stops the packet: the rest is "if it did not" */
	enum path_end end;
	const char *reason; /* of PATH_STOPS, stable words: "no-route", "link-down", "no-carrier",
			       "blackhole", "forwarding-off", "neighbour", "port-isolated",
			       "port-blocked", "vni", "macvlan", "rp-filter", "martian", "loop" */
};

enum { N_PATH_HOPS = 24 };

struct path {
	struct path_hop hops[N_PATH_HOPS];
	unsigned n;
};

/* The hop of a place, or NULL. */
const struct path_hop *path_hop_at(const struct path *path, uint32_t place);
/* The last hop if the packet is delivered there, else NULL. */
const struct path_hop *path_target(const struct path *path);

#endif
