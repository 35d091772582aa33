/* SPDX-License-Identifier: MIT */
/* Traffic control on an interface: classic BPF filters at clsact, and what queues have dropped. */
#ifndef BERTH_SOURCES_TC_FILTERS_H
#define BERTH_SOURCES_TC_FILTERS_H

struct arena;
struct link_facts;
struct place;

/* Add the filters of @link, in the calling thread's namespace, to @place->programs. */
void tc_filters_collect(struct arena *arena, struct place *place, const struct link_facts *link);

#endif
