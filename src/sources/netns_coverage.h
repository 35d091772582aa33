/* SPDX-License-Identifier: MIT */
/* What the answer says of the network namespaces that it is about. */
#ifndef BERTH_SOURCES_NETNS_COVERAGE_H
#define BERTH_SOURCES_NETNS_COVERAGE_H

#include "sources/netns_search.h"

#include <stdbool.h>
#include <stdint.h>

/* Processes asked where they live; of these, those that may not be. */
struct netns_asked {
	uint32_t processes, unreadable;
};

/* What was not seen of the namespaces of @snap, of which @all were wanted. 0 or -ENOMEM. */
int netns_add_coverage(struct snapshot *snap, const struct netns_asked *asked, bool all,
		       enum netns_certainty certainty);

#endif
