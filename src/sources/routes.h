/* SPDX-License-Identifier: MIT */
/* What the kernel's routing tables say about one packet, and which route and rule say it. */
#ifndef BERTH_SOURCES_ROUTES_H
#define BERTH_SOURCES_ROUTES_H

#include <stdint.h>

#include "core/addr.h"

struct arena;
struct netlink;
struct place;
struct route_decision;

/* The packet the question is about. Ports host order; 0 and ADDR_NONE: not given. */
struct route_question {
	struct addr dst, src;
	uint32_t in_link;  /* it came in there; 0: it is made here */
	uint32_t out_link; /* SO_BINDTODEVICE */
	uint32_t mark;
	int64_t uid; /* of the socket; -1: not given */
	uint8_t ip_proto;
	uint16_t src_port, dst_port;
};

/*
 * Ask the routing tables behind @nl (NETLINK_ROUTE). The kernel's own answer gives error, type,
 * table, device, gateway and source; the matching entry (prefix, next hops, text, rule) is found
 * by the tables' contents, with the names of @place->links. 0, or -errno if nothing could be asked.
 */
int route_ask(struct netlink *nl, struct arena *arena, const struct place *place,
	      const struct route_question *question, struct route_decision *ret_decision);

/* The policy rules that match the packet, in order of preference, into @place->ip_rules. */
int ip_rules_collect(struct netlink *nl, struct arena *arena, struct place *place,
		     const struct route_question *question);

#endif
