/* SPDX-License-Identifier: MIT */
/* The hops to a target, each asked several times, all at once. */
#ifndef BERTH_PROBE_HOPS_H
#define BERTH_PROBE_HOPS_H

#include "core/case.h"

enum { TRACE_MAX_HOPS = 40, TRACE_MAX_PROBES = 5 };

struct strbuf;

struct trace_hop {
	uint8_t ttl;
	uint8_t n_sent, n_answers;
	bool is_target;	    /* the target itself answered */
	bool ends;	    /* whatever answered here ends the way */
	enum probe_answer answer;
	struct addr from;   /* family ADDR_NONE: silence */
	struct addr other;  /* a second address that answered for this TTL */
	struct icmp_seen icmp;
	double best_s, worst_s;
};

struct trace {
	struct trace_hop hops[TRACE_MAX_HOPS];
	unsigned n;	    /* up to the target, or one behind the last that answered */
	bool reached;
};

/* At most about @wait_s seconds a probe; @asked gives target, proto, device, mark, source. */
void trace_run(struct trace *trace, const struct asked *asked, unsigned max_hops,
	       unsigned probes, double wait_s);
/* One sentence: where the way ends and with what. */
void trace_sentence(struct strbuf *sb, const struct trace *trace, const struct asked *asked);
/* "host unreachable", "time exceeded" ... */
const char *trace_icmp_word(const struct icmp_seen *icmp);

#endif
