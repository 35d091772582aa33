/* SPDX-License-Identifier: MIT */
/* The way to a target, hop by hop, as one flow of probes found it. */
#ifndef BERTH_CORE_TRACE_H
#define BERTH_CORE_TRACE_H

#include "core/attempt.h"

enum { TRACE_MAX_HOPS = 64, TRACE_MAX_PROBES = 20, TRACE_HOP_OTHERS = 3, TRACE_MTU_STEPS = 6 };

struct trace_hop {
	uint8_t ttl;
	uint8_t n_sent, n_answers;
	bool is_target; /* the target itself answered, as its last hop */
	bool ends;	/* whatever answered here ends the way */
	bool forwards;	/* the target's address sent a time exceeded: a machine behind it answers */
	enum probe_answer answer;
	struct addr from; /* family ADDR_NONE: silence */
	struct addr others[TRACE_HOP_OTHERS]; /* that answered too, for this very flow */
	uint8_t n_others;
	struct addr other_flow; /* what another flow met here; family ADDR_NONE: nothing else */
	struct icmp_seen icmp;
	double best_s, worst_s, sum_s;
};

/* Larger packets than .mtu do not get beyond .from, which says so (it is empty for a hole). */
struct trace_mtu {
	struct addr from; /* family ADDR_NONE: this host, its own link */
	uint8_t ttl;	  /* of the hop with that address; 0: none of the hops */
	uint32_t mtu;
};

struct trace {
	struct trace_hop hops[TRACE_MAX_HOPS]; /* [i] has TTL i + 1; those below .first are empty */
	unsigned first; /* index of the first that was asked */
	unsigned n;	/* up to the target, or one behind the last that answered */
	bool reached;
	bool one_flow;	/* every probe had the same addresses, ports and flow label */
	struct addr source; /* family ADDR_NONE: not known */
	uint16_t source_port;
	/* The hop that refused in the target's name though the target is farther away, or 0. */
	uint8_t impostor_ttl;
	struct addr impostor; /* what sits there by its own word */
	struct trace_mtu mtus[TRACE_MTU_STEPS]; /* [0]: the own link */
	unsigned n_mtus;
	bool mtu_hole; /* the last of .mtus lets small packets through only, silently */
};

static inline bool icmp_is_time_exceeded(const struct icmp_seen *icmp)
{
	return icmp->family == ADDR_IPV6 ? icmp->type == 3 : icmp->type == 11;
}

#endif
