/* SPDX-License-Identifier: MIT */
/* Walks our packet, its answer and the data after it through every namespace that can be seen. */
#ifndef BERTH_SOURCES_WALK_H
#define BERTH_SOURCES_WALK_H

#include "sources/routes.h"

struct arrival;
struct case_facts;
struct firewalls;
struct world;

/*
 * Fill facts->forward and .reverse and the verdicts of the places on the way. @question is the
 * packet as it is made in places[0]. Without the right to see other namespaces the walk ends at
 * the first link.
 */
void walk_paths(struct case_facts *facts, struct world *world, struct firewalls *firewalls,
		const struct route_question *question);

/* The same for a packet that was made elsewhere and arrived in places[0]. */
void walk_arrival(struct case_facts *facts, struct world *world, struct firewalls *firewalls,
		  const struct arrival *arrival);

#endif
