/* SPDX-License-Identifier: MIT */
/* One hop while its link layer is looked at. */
#ifndef BERTH_DIAGNOSE_LINK_CASE_H
#define BERTH_DIAGNOSE_LINK_CASE_H

#include "core/case.h"
#include "core/finding.h"

struct link_case {
	const struct case_facts *facts;
	const struct attempt *a;
	const struct path_hop *hop;
	const struct place *place;	/* of the hop */
	const struct link_facts *out;	/* NULL: not known */
	const struct link_facts *stop;	/* what is in the way */
	const struct place *stop_place;
	unsigned order;
	bool is_reply;
	char next[ADDR_TEXT_SIZE];
	char remote[ADDR_TEXT_SIZE + 8];
};

/* A finding at @place, in the order of the hop. */
struct finding *link_finding(const struct link_case *c, enum cause cause, enum proof proof,
			     const struct place *place, struct findings *to);

/* What stands on the segment between this hop and the next; the path stops there. */
void segment_obstacle(const struct link_case *c, struct findings *to);

#endif
