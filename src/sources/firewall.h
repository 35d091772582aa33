/* SPDX-License-Identifier: MIT */
/* The firewalls of the namespaces on a packet's way, read once each, and asking them on paper. */
#ifndef BERTH_SOURCES_FIREWALL_H
#define BERTH_SOURCES_FIREWALL_H

#include "core/nft.h"

struct case_facts;
struct firewall_step;
struct firewalls;
struct world;

/* Empty; keeps @world and @arena (the case's) by reference. NULL without memory. */
struct firewalls *firewalls_new(struct world *world, struct arena *arena);
void firewalls_free(struct firewalls *firewalls);

/* Remember the counters of every rule now, in all namespaces. */
void firewalls_read_before(struct firewalls *firewalls);

/*
 * Send @packet through @hook of a place: verdicts go to facts->places[@place].verdicts, NAT
 * changes @packet. @direction and @order as in struct nft_passage.
 */
enum nft_fate firewall_walk(struct firewalls *firewalls, struct case_facts *facts, unsigned place,
			    const char *hook, struct packet *packet,
			    enum event_direction direction);

/* How often each counter of the verdicts' rules rose; call once at the end. */
void firewalls_count(struct firewalls *firewalls, struct case_facts *facts);

/*
 * The kernel traced our packet to this step: fills in the step's text and, where it drops, makes
 * the verdict of that rule or policy VERDICT_TRACED.
 */
void firewall_traced(struct firewalls *firewalls, struct case_facts *facts,
		     struct firewall_step *step);

#endif
