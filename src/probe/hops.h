/* SPDX-License-Identifier: MIT */
/* The hops to a target, each asked several times, all by probes of one flow. */
#ifndef BERTH_PROBE_HOPS_H
#define BERTH_PROBE_HOPS_H

#include "core/case.h"
#include "core/trace.h"

struct trace_plan {
	unsigned first_hop, max_hops; /* TTLs, 1 to TRACE_MAX_HOPS */
	unsigned probes;	      /* a hop, up to TRACE_MAX_PROBES */
	double wait_s;		      /* longest wait for an answer */
	bool wait_whole;	      /* wait that long for silent hops, too, however fast others are */
	bool measure_mtu;
	void (*tick)(const struct trace *trace, void *data); /* every 0.1 s or so; or NULL */
	void *data;
};

/*
 * @asked gives target, proto (TCP, UDP, ICMP), device, mark and source. 0, or -EPERM or -EACCES
 * when ICMP sockets need rights. TCP without rights goes hop after hop, because the kernel keeps
 * no two connections between the same ends.
 */
int trace_run(struct trace *trace, const struct asked *asked, const struct trace_plan *plan);

/* Shared by the ways to ask: */
/* Take the answer (or silence) to one probe of @p->ttl into its hop. */
void trace_take(struct trace *trace, const struct probe *p, const struct addr *dst);
/* The index behind the first hop that ends the way, or @otherwise. */
unsigned trace_end(const struct trace *trace, unsigned otherwise);
/* How long silence is waited for, when the slowest answer so far took @worst_s. */
uint64_t trace_patience_ns(const struct trace_plan *plan, double worst_s);

/* All at once on one socket; as trace_run(). */
int trace_all_at_once(struct trace *trace, const struct asked *asked,
		      const struct trace_plan *plan, unsigned *ret_end);
/* TCP, one connect() after the other from one port. */
void trace_one_by_one(struct trace *trace, const struct asked *asked,
		      const struct trace_plan *plan, unsigned *ret_end);
/* Datagrams that must not be cut: who says that they are too big? Fills .mtus. */
void trace_measure_mtu(struct trace *trace, const struct asked *asked,
		       const struct trace_plan *plan);

#endif
