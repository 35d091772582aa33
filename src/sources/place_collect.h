/* SPDX-License-Identifier: MIT */
/* Looks at a network namespace of the way and fills its place record. */
#ifndef BERTH_SOURCES_PLACE_COLLECT_H
#define BERTH_SOURCES_PLACE_COLLECT_H

#include <stdint.h>

#include "sources/routes.h"

struct case_facts;
struct world;
struct world_netns;

/*
 * The index in @facts->places of @netns, which is looked at (links, addresses, neighbours,
 * settings, counters) when it is met for the first time. -ENOMEM, or -EPERM and others when
 * nothing of it can be seen. Pointers into facts->places are void after this.
 */
int place_collect(struct case_facts *facts, struct world *world, struct world_netns *netns);

#endif
