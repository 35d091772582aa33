/* SPDX-License-Identifier: MIT */
/* What became of the packets that arrived for a port: found by why_inbound.c, printed by inbound_print.c. */
#ifndef BERTH_COMMANDS_INBOUND_H
#define BERTH_COMMANDS_INBOUND_H

#include <stdbool.h>

#include "core/arrival.h"
#include "core/finding.h"

struct case_facts;
struct inbound;
struct invocation;

enum { N_INBOUND_GROUPS = 8 };

/* Flows that met the same fate on the same grounds. */
struct inbound_group {
	enum arrival_fate fate;
	const struct arrival *first;
	unsigned flows, packets;
	bool delivered;	  /* UDP: a program has them and sent no answer */
	const char *says; /* one sentence */
	struct findings findings; /* where something stopped them */
	const struct finding *finding; /* the answer among them, or NULL */
};

struct inbound_report {
	const struct case_facts *facts;
	const struct inbound *inbound; /* NULL: packets could not be watched */
	double seconds;
	struct inbound_group groups[N_INBOUND_GROUPS];
	unsigned n_groups, n_flows;
	const char *says;
};

/* "accepted", "half-open", "reset" ...: what became of a group, for text and JSON alike. */
const char *inbound_fate_word(const struct inbound_group *group);
/* Prints; returns @code, or EXIT_UNKNOWN if that failed. */
int inbound_print(const struct invocation *inv, const struct inbound_report *report, int code);

#endif
