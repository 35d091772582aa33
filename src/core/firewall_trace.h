/* SPDX-License-Identifier: MIT */
/* What the kernel's own trace (meta nftrace) said of a packet of ours: one step a rule or chain. */
#ifndef BERTH_CORE_FIREWALL_TRACE_H
#define BERTH_CORE_FIREWALL_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kernel_event.h"

enum firewall_step_kind {
	STEP_RULE,   /* a rule matched: .handle, .verdict */
	STEP_RETURN, /* the chain was left without a verdict */
	STEP_POLICY, /* the base chain's policy decided: .verdict */
};

struct firewall_step {
	enum firewall_step_kind kind;
	enum event_direction direction; /* EVENT_FORWARD: our packet; EVENT_REVERSE: the answer */
	uint32_t place;	      /* index into case_facts.places */
	uint32_t packet;      /* the kernel's number of it, the same in all hooks of a place */
	const char *family, *table, *chain; /* "inet", "fw", "input" */
	uint64_t handle;      /* of the rule; 0: none */
	const char *verdict;  /* "accept", "drop", "continue", "jump web" ... */
	bool drops;
	const char *text;     /* the rule as nft prints it; NULL: not known */
	uint32_t count;	      /* packets that took this very step */
};

enum firewall_trace_state {
	TRACE_NOT_ASKED,
	TRACE_NO_TABLES, /* asked, but no namespace on the way has nftables rules */
	TRACE_FAILED,	 /* .error */
	TRACE_DONE,
};

struct firewall_trace {
	enum firewall_trace_state state;
	int error; /* positive errno */
	struct firewall_step *steps; /* in the order of packets */
	size_t n_steps, room_steps;
};

#endif
