/* SPDX-License-Identifier: MIT */
/* Looks at the namespace where the packets arrive: who listens there, on what, and does it serve. */
#ifndef BERTH_SOURCES_TARGET_H
#define BERTH_SOURCES_TARGET_H

struct case_facts;
struct world;

/*
 * Fill .sockets and .processes of the place at the end of facts->forward; with asked.all_netns also
 * listeners on the port in namespaces next to it. Does nothing when the end is not in sight.
 */
void target_collect(struct case_facts *facts, struct world *world);

#endif
