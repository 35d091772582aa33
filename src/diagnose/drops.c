/* SPDX-License-Identifier: MIT */
/* Looking through the kernel's events. */
#include "diagnose/drops.h"
#include "diagnose/symptom.h"

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

static bool came_from(const struct case_facts *facts, const struct place *place)
{
	for (size_t i = 0; i < facts->n_attempts; i++) {
		const struct icmp_seen *icmp = first_icmp(&facts->attempts[i]);
		if (!icmp)
			continue;
		for (size_t k = 0; k < place->n_addresses; k++)
			if (same_host(&place->addresses[k].addr, &icmp->from))
				return true;
	}
	return false;
}

bool shown_at(const struct case_facts *facts, const struct place *place)
{
	return find_event(facts, place->netns, KERNEL_EVENT_DROP) ||
	       find_event(facts, place->netns, KERNEL_EVENT_ICMP_SENT) || came_from(facts, place);
}

void drop_evidence(struct findings *to, struct finding *f, const struct kernel_event *event)
{
	char src[ADDR_TEXT_SIZE + 8], dst[ADDR_TEXT_SIZE + 8];

	addr_format_port(&event->src, event->src_port, src);
	addr_format_port(&event->dst, event->dst_port, dst);
	finding_evidence(to, f, "kfree_skb", "%s > %s dropped, reason %s at %s, seen %u time%s", src,
			 dst, event->reason ? event->reason : "NOT_SPECIFIED",
			 event->location ? event->location : "an unnamed function",
			 event->count ? event->count : 1, event->count > 1 ? "s" : "");
}
