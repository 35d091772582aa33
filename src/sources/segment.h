/* SPDX-License-Identifier: MIT */
/* One link-layer segment: where a frame that leaves an interface arrives. */
#ifndef BERTH_SOURCES_SEGMENT_H
#define BERTH_SOURCES_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

struct case_facts;
struct world;

enum { N_SEGMENT_BRIDGES = 6 };

/* A bridge that the frame passes. */
struct bridge_passed {
	unsigned place;
	uint32_t bridge, in_port, out_port; /* interface indexes */
};

struct segment_end {
	bool found;	   /* a namespace that owns the address was found on the segment */
	bool out_of_sight; /* the segment leads where nothing can be seen */
	unsigned place;
	uint32_t in_link; /* the interface it arrives on there */
	uint32_t out_link; /* the sender's own (a macvlan may stand on another) */
	struct bridge_passed bridges[N_SEGMENT_BRIDGES];
	unsigned n_bridges;
	unsigned owners;   /* how many namespaces on the segment have the address */
	unsigned other_place; /* a second owner */
	const char *reason; /* why it was not found: "link-down", "no-carrier", "port-isolated",
			       "port-blocked", "vni", "macvlan", NULL: nobody has the address */
	unsigned reason_place;
	uint32_t reason_link;
};

/*
 * Follow a frame for the owner of @next_hop from interface @link of facts->places[@place]. New
 * namespaces are looked at as they are met.
 */
void segment_follow(struct case_facts *facts, struct world *world, unsigned place, uint32_t link,
		    const struct addr *next_hop, struct segment_end *ret_end);

#endif
