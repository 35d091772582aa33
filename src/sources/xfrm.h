/* SPDX-License-Identifier: MIT */
/* IPsec policies that apply to a flow. */
#ifndef BERTH_SOURCES_XFRM_H
#define BERTH_SOURCES_XFRM_H

struct arena;
struct flow_tuple;
struct place;
struct world;
struct world_netns;

/* The policies of @netns that match @flow into @place->xfrm, with whether states exist for them. */
void xfrm_collect(struct world *world, const struct world_netns *netns, struct arena *arena,
		  struct place *place, const struct flow_tuple *flow);

#endif
