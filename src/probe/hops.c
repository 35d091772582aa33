/* SPDX-License-Identifier: MIT */
/* Puts answers into hops, and chooses how to ask. */
#include "probe/hops.h"
#include "core/sock.h"
#include "probe/asking.h"

#include <errno.h>
#include <string.h>

static void note_from(struct trace_hop *hop, const struct addr *from)
{
	if (!hop->from.family) {
		hop->from = *from;
		return;
	}
	if (addr_equal(&hop->from, from) || hop->n_others == TRACE_HOP_OTHERS)
		return;
	for (unsigned i = 0; i < hop->n_others; i++)
		if (addr_equal(&hop->others[i], from))
			return;
	hop->others[hop->n_others++] = *from;
}

static void note_time(struct trace_hop *hop, double seconds)
{
	if (!hop->n_answers || seconds < hop->best_s)
		hop->best_s = seconds;
	if (seconds > hop->worst_s)
		hop->worst_s = seconds;
	hop->sum_s += seconds;
	hop->n_answers++;
}

void trace_take(struct trace *trace, const struct probe *p, const struct addr *dst)
{
	struct trace_hop *hop = &trace->hops[p->ttl - 1];
	const bool exceeded = p->answer == PROBE_ICMP && icmp_is_time_exceeded(&p->icmp);

	hop->ttl = p->ttl;
	hop->n_sent++;
	if (p->answer == PROBE_SILENT || p->answer == PROBE_NOT_SENT)
		return;
	note_time(hop, p->seconds);
	if (p->answer == PROBE_LOCAL_ERROR) {
		hop->answer = p->answer;
		hop->icmp = p->icmp;
		hop->ends = true;
		return;
	}
	struct addr from = p->answer == PROBE_ICMP ? addr_unmapped(&p->icmp.from) : *dst, plain = *dst;
	note_from(hop, &from);
	from.scope = plain.scope = 0;
	const bool by_target = addr_equal(&from, &plain);
	hop->forwards = hop->forwards || (by_target && exceeded);
	hop->is_target = hop->is_target || (by_target && !exceeded);
	if (hop->ends && exceeded)
		return; /* what ends the way is the news */
	hop->ends = hop->ends || !exceeded;
	hop->answer = p->answer;
	hop->icmp = p->icmp;
}

unsigned trace_end(const struct trace *trace, unsigned otherwise)
{
	for (unsigned i = trace->first; i < otherwise; i++)
		if (trace->hops[i].ends)
			return i + 1;
	return otherwise;
}

uint64_t trace_patience_ns(const struct trace_plan *plan, double worst_s)
{
	static const double LEAST_S = 0.35; /* routers answer when they have time */
	double seconds = plan->wait_s;

	if (!plan->wait_whole && worst_s > 0) {
		double enough = 4 * worst_s > LEAST_S ? 4 * worst_s : LEAST_S;
		seconds = enough < seconds ? enough : seconds;
	}
	return (uint64_t)(seconds * 1e9);
}

/*
 * Does somebody on the way answer in the target's name? A datagram of the same TTL that is answered
 * by a time exceeded shows that the target is farther away.
 */
static void find_impostor(struct trace *trace, const struct asked *asked,
			  const struct trace_plan *plan)
{
	const struct trace_hop *last = trace->n ? &trace->hops[trace->n - 1] : NULL;
	struct asking askings[3];

	if (!trace->reached || asked->proto != SOCK_PROTO_TCP || addr_is_loopback(&asked->addr) ||
	    (last->answer != PROBE_RESET && last->answer != PROBE_SYN_ACK))
		return;
	for (unsigned i = 0; i < 3; i++) {
		askings[i] = (struct asking){.fd = -1,
					     .dst = asked->addr,
					     .probe = {.proto = SOCK_PROTO_UDP,
						       .port = (uint16_t)(33434 + i),
						       .ttl = last->ttl}};
		asking_start(&askings[i], asked);
	}
	asking_wait(askings, 3, monotonic_ns() + trace_patience_ns(plan, last->worst_s));
	asking_stop(askings, 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct probe *p = &askings[i].probe;
		if (p->answer != PROBE_ICMP)
			continue;
		if (!icmp_is_time_exceeded(&p->icmp) || addr_equal(&p->icmp.from, &asked->addr)) {
			trace->impostor_ttl = 0; /* the target itself is there */
			return;
		}
		trace->impostor_ttl = last->ttl;
		trace->impostor = p->icmp.from;
	}
}

static void finish(struct trace *trace, const struct asked *asked, unsigned end)
{
	unsigned last = 0;

	for (unsigned i = 0; i < end; i++) {
		trace->hops[i].ttl = (uint8_t)(i + 1);
		if (trace->hops[i].n_answers)
			last = i + 1;
	}
	trace->n = last && trace->hops[last - 1].ends ? last : last < end ? last + 1 : end;
	trace->reached = last && trace->hops[last - 1].is_target;
	if (trace->n < trace->first + 1u)
		trace->n = trace->first + 1;
	if (!trace->source.family)
		trace->source = asked->bind_addr;
}

int trace_run(struct trace *trace, const struct asked *asked, const struct trace_plan *plan)
{
	unsigned end = plan->max_hops;

	memset(trace, 0, sizeof(*trace));
	trace->first = plan->first_hop - 1;
	int error = trace_all_at_once(trace, asked, plan, &end);
	if (error && asked->proto == SOCK_PROTO_TCP && (error == -EPERM || error == -EACCES)) {
		trace_one_by_one(trace, asked, plan, &end);
		error = 0;
	}
	if (error == -EPERM || error == -EACCES)
		return error;
	if (error) /* no route, an address that is not ours ... */
		trace_take(trace,
			   &(struct probe){.ttl = (uint8_t)plan->first_hop,
					   .answer = PROBE_LOCAL_ERROR,
					   .icmp = {.is_local = true, .error = -error}},
			   &asked->addr);
	finish(trace, asked, trace_end(trace, end));
	find_impostor(trace, asked, plan);
	if (plan->measure_mtu)
		trace_measure_mtu(trace, asked, plan);
	return 0;
}
