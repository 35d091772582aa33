/* SPDX-License-Identifier: MIT */
/*
 * TCP without rights. Scouts from many ports, all at the same time, find out how far it is and how
 * long answers take; then one flow goes the way, connect() after connect() from one port.
 */
#include "probe/hops.h"
#include "core/sock.h"
#include "probe/asking.h"

enum { PACE_MS = 4, TICK_MS = 100 };

struct run {
	struct trace *trace;
	const struct asked *asked;
	const struct trace_plan *plan;
	struct asking scouts[TRACE_MAX_HOPS];
	unsigned n_scouts;
	double worst_s;
	struct asked mine; /* with the port of the flow */
};

static bool is_answered(const struct probe *p)
{
	return p->answer != PROBE_SILENT && p->answer != PROBE_NOT_SENT;
}

static void wait_for(const struct run *run, struct asking *askings, unsigned n, uint64_t until_ns)
{
	for (;;) {
		const uint64_t now = monotonic_ns(), step = now + TICK_MS * 1000000ull;
		bool open = false;
		asking_wait(askings, n, step < until_ns ? step : until_ns);
		if (run->plan->tick)
			run->plan->tick(run->trace, run->plan->data);
		for (unsigned i = 0; i < n; i++)
			open = open || !askings[i].done;
		if (!open || monotonic_ns() >= until_ns)
			return;
	}
}

static bool ends_way(const struct probe *p)
{
	return is_answered(p) && (p->answer != PROBE_ICMP || !icmp_is_time_exceeded(&p->icmp));
}

static bool has_end(const struct run *run)
{
	for (unsigned i = 0; i < run->n_scouts; i++)
		if (run->scouts[i].done && ends_way(&run->scouts[i].probe))
			return true;
	return false;
}

/* The number of hops that is worth asking. */
static unsigned scout(struct run *run)
{
	const unsigned first = run->plan->first_hop;
	unsigned far = 0;

	for (unsigned ttl = first; ttl <= run->plan->max_hops && !has_end(run); ttl++) {
		struct asking *at = &run->scouts[run->n_scouts++];
		*at = (struct asking){.fd = -1,
				      .dst = run->asked->addr,
				      .no_flow_label = true,
				      .probe = {.proto = SOCK_PROTO_TCP,
						.port = run->asked->port,
						.ttl = (uint8_t)ttl}};
		asking_start(at, run->asked);
		asking_wait(at, 1, monotonic_ns() + PACE_MS * 1000000ull);
		for (unsigned i = 0; i < run->n_scouts; i++)
			asking_check(&run->scouts[i]);
	}
	const uint64_t sent = monotonic_ns();
	wait_for(run, run->scouts, run->n_scouts, sent + trace_patience_ns(run->plan, 1e-6));
	if (!has_end(run)) /* a slow answer from far away may still come */
		wait_for(run, run->scouts, run->n_scouts, sent + trace_patience_ns(run->plan, 0));
	asking_stop(run->scouts, run->n_scouts);
	for (unsigned i = 0; i < run->n_scouts; i++) {
		const struct probe *p = &run->scouts[i].probe;
		if (!is_answered(p))
			continue;
		far = i + 1;
		if (p->seconds > run->worst_s)
			run->worst_s = p->seconds;
		if (ends_way(p))
			break;
	}
	/* The flow's own way may be a hop longer than that of a scout. */
	far = first + far;
	return far < run->plan->max_hops ? far : run->plan->max_hops;
}

static uint64_t patience_ns(const struct run *run, unsigned ttl)
{
	const unsigned i = ttl - run->plan->first_hop;
	const struct probe *p = i < run->n_scouts ? &run->scouts[i].probe : NULL;

	if (p && is_answered(p) && p->seconds < run->worst_s)
		return trace_patience_ns(run->plan, p->seconds > 0 ? p->seconds : 1e-6);
	return trace_patience_ns(run->plan, run->worst_s);
}

static void ask(struct run *run, unsigned ttl)
{
	struct asking at = {.fd = -1,
			    .dst = run->asked->addr,
			    .same_port = run->mine.bind_port != 0,
			    .no_flow_label = true,
			    .probe = {.proto = SOCK_PROTO_TCP,
				      .port = run->asked->port,
				      .ttl = (uint8_t)ttl}};

	asking_start(&at, &run->mine);
	if (!run->mine.bind_port && at.local_port) {
		/* The first one was given a port: the others keep it. */
		run->mine.bind_port = at.local_port;
		run->mine.bind_addr = at.local;
		run->trace->source = at.local;
		run->trace->source_port = at.local_port;
		run->trace->one_flow = true;
	}
	wait_for(run, &at, 1, monotonic_ns() + patience_ns(run, ttl));
	asking_stop(&at, 1);
	if (at.probe.answer == PROBE_NOT_SENT)
		return; /* another program took the port meanwhile */
	if (is_answered(&at.probe) && at.probe.seconds > run->worst_s)
		run->worst_s = at.probe.seconds;
	trace_take(run->trace, &at.probe, &run->asked->addr);
}

static void note_other_flows(const struct run *run)
{
	for (unsigned i = 0; i < run->n_scouts; i++) {
		struct trace_hop *hop = &run->trace->hops[run->scouts[i].probe.ttl - 1];
		const struct probe *p = &run->scouts[i].probe;
		bool known = p->answer != PROBE_ICMP || !hop->from.family || hop->is_target ||
			     addr_equal(&p->icmp.from, &hop->from);
		for (unsigned k = 0; k < hop->n_others; k++)
			known = known || addr_equal(&p->icmp.from, &hop->others[k]);
		if (!known)
			hop->other_flow = p->icmp.from;
	}
}

void trace_one_by_one(struct trace *trace, const struct asked *asked,
		      const struct trace_plan *plan, unsigned *ret_end)
{
	struct run run = {.trace = trace, .asked = asked, .plan = plan, .mine = *asked};
	unsigned end = scout(&run);

	for (unsigned round = 0; round < plan->probes; round++)
		for (unsigned ttl = plan->first_hop; ttl <= end; ttl++) {
			ask(&run, ttl);
			end = trace_end(trace, end);
			if (ttl == end && trace->hops[ttl - 1].n_answers && !trace->hops[ttl - 1].ends &&
			    end < plan->max_hops)
				end++;
		}
	note_other_flows(&run);
	*ret_end = end;
}
