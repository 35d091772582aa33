/* SPDX-License-Identifier: MIT */
/*
 * Everything the kernel can tell about one connection or bind, from every network namespace that
 * may be looked at: started before the attempts (baselines, BPF watchers), finished after them.
 * Works with whatever rights there are and notes in case_facts.unseen what was out of reach.
 */
#ifndef BERTH_SOURCES_EVIDENCE_H
#define BERTH_SOURCES_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

struct arrival;
struct case_facts;
struct evidence;

/*
 * Open the namespaces (own; all of the machine with asked.all_netns), read counters, rule counters
 * and conntrack figures, begin to watch drops and resets. Cheap: at most about 0.3 s. Never fails
 * for lack of rights: then there is less to finish with. 0, or -ENOMEM.
 */
int evidence_start(struct case_facts *facts, struct evidence **ret_evidence);

/*
 * Stop watching and fill facts->places ([0] the asker's own), forward, reverse, events. The
 * attempts and facts->asked say which flow it is about (the translated ones are followed too).
 * May be called while the attempt's sockets (@facts->attempts[].pid) still exist, and should.
 */
void evidence_finish(struct evidence *evidence, struct case_facts *facts);

/*
 * Instead of evidence_finish(): about packets that arrived here, whose fate facts->attempts[0]
 * tells as its sender sees it. May be called again for another flow, with other attempts.
 */
void evidence_of_arrival(struct evidence *evidence, struct case_facts *facts,
			 const struct arrival *arrival);
/* Nothing arrived: only the own namespace's links, settings and counters. */
void evidence_of_nothing(struct evidence *evidence, struct case_facts *facts);

/*
 * After evidence_finish(), asked for by the user: have the kernel trace the packets that will be
 * sent from @client_port through nftables (a table of ours, removed again). False: nothing to
 * trace, or it failed: facts->trace says. Send them, then evidence_trace_finish().
 */
bool evidence_trace_start(struct evidence *evidence, struct case_facts *facts,
			  uint16_t client_port);
void evidence_trace_finish(struct evidence *evidence, struct case_facts *facts);

void evidence_free(struct evidence *evidence);
static inline void evidence_freep(struct evidence **evidence)
{
	evidence_free(*evidence);
}


#endif
