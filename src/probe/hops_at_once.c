/* SPDX-License-Identifier: MIT */
/* All probes of one flow on one socket: first one a hop to find the end, then the others. */
#include "probe/hops.h"
#include "base/auto.h"
#include "core/sock.h"
#include "probe/asking.h"
#include "probe/trace_flow.h"

#include <errno.h>
#include <poll.h>

enum { PACE_MS = 4, TICK_MS = 100 };

struct sent {
	uint8_t ttl;
	bool answered;
	uint64_t at_ns;
};

struct run {
	struct trace *trace;
	const struct asked *asked;
	const struct trace_plan *plan;
	struct trace_flow flow;
	struct sent *sent; /* by the number of the probe */
	unsigned n_sent, end;
	double worst_s;
};

/* An answer that does not say to which probe it belongs: the first that waits and fits. */
static int guess(const struct run *run, const struct trace_answer *answer)
{
	const bool exceeded = answer->answer == PROBE_ICMP && icmp_is_time_exceeded(&answer->icmp);
	unsigned least = 1;

	for (unsigned i = 0; !exceeded && i < run->n_sent; i++) {
		const struct trace_hop *hop = &run->trace->hops[run->sent[i].ttl - 1];
		if (run->sent[i].answered && !hop->ends && run->sent[i].ttl >= least)
			least = run->sent[i].ttl + 1u;
	}
	for (unsigned i = 0; i < run->n_sent; i++)
		if (!run->sent[i].answered && run->sent[i].ttl >= least)
			return (int)i;
	return -1;
}

static void take_waiting(struct run *run)
{
	struct trace_answer answer;

	while (trace_flow_receive(&run->flow, &answer)) {
		const int index = answer.index >= 0 ? answer.index : guess(run, &answer);
		if (index < 0 || (unsigned)index >= run->n_sent || run->sent[index].answered)
			continue;
		struct sent *sent = &run->sent[index];
		struct probe p = {.ttl = sent->ttl,
				  .answer = answer.answer,
				  .icmp = answer.icmp,
				  .seconds = (double)(monotonic_ns() - sent->at_ns) / 1e9};
		sent->answered = true;
		if (p.seconds > run->worst_s)
			run->worst_s = p.seconds;
		trace_take(run->trace, &p, &run->asked->addr);
	}
	run->end = trace_end(run->trace, run->end);
}

static void wait_until(struct run *run, uint64_t until_ns)
{
	const uint64_t now = monotonic_ns();
	struct pollfd p = {.fd = run->flow.fd, .events = POLLIN};
	uint64_t ms = until_ns > now ? (until_ns - now) / 1000000 + 1 : 0;

	poll(&p, 1, ms > TICK_MS ? TICK_MS : (int)ms);
	take_waiting(run);
	if (run->plan->tick)
		run->plan->tick(run->trace, run->plan->data);
}

static void send_one(struct run *run, uint8_t ttl)
{
	const unsigned index = run->n_sent++;

	run->sent[index] = (struct sent){.ttl = ttl, .at_ns = monotonic_ns()};
	int error = trace_flow_send(&run->flow, (uint16_t)index, ttl);
	if (error) {
		run->sent[index].answered = true;
		trace_take(run->trace,
			   &(struct probe){.ttl = ttl,
					   .answer = PROBE_LOCAL_ERROR,
					   .icmp = {.is_local = true, .error = -error}},
			   &run->asked->addr);
		run->end = trace_end(run->trace, run->end);
	}
	/* A pause: a near target is found before all of them have been sent to it. */
	for (uint64_t until = monotonic_ns() + PACE_MS * 1000000ull; monotonic_ns() < until;)
		wait_until(run, until);
}

static bool all_answered(const struct run *run)
{
	for (unsigned i = 0; i < run->n_sent; i++)
		if (!run->sent[i].answered && run->sent[i].ttl <= run->end)
			return false;
	return true;
}

/* Until the end of the way is known, a slow answer from far away may still come. */
static void settle(struct run *run, bool knows_times)
{
	const uint64_t last = run->n_sent ? run->sent[run->n_sent - 1].at_ns : 0;

	while (!all_answered(run)) {
		const bool known = knows_times || run->end < run->plan->max_hops;
		const uint64_t until =
			last + trace_patience_ns(run->plan, known ? run->worst_s : 0);
		if (monotonic_ns() >= until)
			return;
		wait_until(run, until);
	}
}

int trace_all_at_once(struct trace *trace, const struct asked *asked,
		      const struct trace_plan *plan, unsigned *ret_end)
{
	AUTO(freep) struct sent *sent = calloc((size_t)plan->max_hops * plan->probes, sizeof(*sent));
	struct run run = {
		.trace = trace, .asked = asked, .plan = plan, .sent = sent, .end = plan->max_hops};

	if (!sent)
		return -ENOMEM;
	int error = trace_flow_open(&run.flow, asked);
	if (error)
		return error;
	trace->one_flow = true;
	trace->source = run.flow.id.src;
	trace->source_port = run.flow.id.src_port;
	for (unsigned round = 0; round < plan->probes; round++) {
		for (unsigned i = plan->first_hop; i <= run.end; i++)
			send_one(&run, (uint8_t)i);
		if (round == 0 || round + 1 == plan->probes)
			settle(&run, round > 0);
		/* Behind the last answer there is silence: once more is enough. */
		for (unsigned i = run.end; round == 0 && i > plan->first_hop; i--)
			if (trace->hops[i - 1].n_answers) {
				run.end = i + 1 < run.end ? i + 1 : run.end;
				break;
			}
	}
	for (unsigned i = 0; i < run.n_sent; i++)
		if (!run.sent[i].answered && run.sent[i].ttl <= run.end)
			trace_take(trace, &(struct probe){.ttl = run.sent[i].ttl, .answer = PROBE_SILENT},
				   &asked->addr);
	trace_flow_close(&run.flow);
	*ret_end = run.end;
	return 0;
}
