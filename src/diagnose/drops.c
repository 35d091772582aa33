/* SPDX-License-Identifier: MIT */
/* Looking through the kernel's events. */
#include "diagnose/drops.h"

#include <string.h>

static bool begins(const char *text, const char *with)
{
	return !with || (text && !strncmp(text, with, strlen(with)));
}

const struct kernel_event *find_drop(const struct case_facts *facts, uint64_t netns,
				     const char *location, const char *reason)
{
	for (size_t i = 0; i < facts->n_events; i++) {
		const struct kernel_event *e = &facts->events[i];
		if (e->kind != KERNEL_EVENT_DROP || (netns && e->netns != netns))
			continue;
		if (begins(e->location, location) &&
		    (!reason || (e->reason && !strcmp(e->reason, reason))))
			return e;
	}
	return NULL;
}

const struct kernel_event *find_event(const struct case_facts *facts, uint64_t netns,
				      enum kernel_event_kind kind)
{
	for (size_t i = 0; i < facts->n_events; i++)
		if (facts->events[i].kind == kind && (!netns || facts->events[i].netns == netns))
			return &facts->events[i];
	return NULL;
}

void drop_evidence(struct findings *to, struct finding *f, const struct kernel_event *event)
{
	char src[ADDR_TEXT_SIZE + 8], dst[ADDR_TEXT_SIZE + 8];

	addr_format_port(&event->src, event->src_port, src);
	addr_format_port(&event->dst, event->dst_port, dst);
	finding_evidence(to, f, "kfree_skb", "%s > %s dropped, reason %s at %s, seen %u times", src,
			 dst, event->reason ? event->reason : "NOT_SPECIFIED",
			 event->location ? event->location : "an unnamed function",
			 event->count ? event->count : 1);
}
