/* SPDX-License-Identifier: MIT */
/* The connection tracking entry of one flow in one namespace. */
#ifndef BERTH_SOURCES_CONNTRACK_H
#define BERTH_SOURCES_CONNTRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/place_firewall.h"

struct arena;
struct nlattr;
struct world;
struct world_netns;

struct flow_tuple {
	struct addr src, dst;
	uint16_t src_port, dst_port;
	uint8_t ip_proto;
};

/* The nest CTA_TUPLE_ORIG or CTA_TUPLE_REPLY; NULL and what is missing give zeroes. */
void conntrack_read_tuple(const struct nlattr *nest, struct flow_tuple *ret);

/*
 * Ask for the entry whose original direction is @flow: exact, never a dump. False when there is
 * none or it may not be asked.
 */
bool conntrack_find(struct world *world, const struct world_netns *netns, struct arena *arena,
		    const struct flow_tuple *flow, struct conntrack_entry *ret_entry);

#endif
