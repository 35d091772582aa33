/* SPDX-License-Identifier: MIT */
/* What the kernel was seen to do with our packets, asked by rules. */
#ifndef BERTH_DIAGNOSE_DROPS_H
#define BERTH_DIAGNOSE_DROPS_H

#include <stdbool.h>

#include "core/case.h"
#include "core/finding.h"

/*
 * The first drop of our flow in a namespace (any with @netns 0) whose kernel function begins with
 * @location and whose reason is @reason; each may be NULL. NULL: none was seen.
 */
const struct kernel_event *find_drop(const struct case_facts *facts, uint64_t netns,
				     const char *location, const char *reason);
const struct kernel_event *find_event(const struct case_facts *facts, uint64_t netns,
				      enum kernel_event_kind kind);
/*
 * Did anything of this very flow show up at @place: a drop there, an ICMP error made there, or one
 * that came from one of its addresses? What a rule concludes from tables alone is only inferred.
 */
bool shown_at(const struct case_facts *facts, const struct place *place);

/* "kfree_skb NETFILTER_DROP at nft_do_chain, 3 times" as evidence. */
void drop_evidence(struct findings *to, struct finding *f, const struct kernel_event *event);

#endif
