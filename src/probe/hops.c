/* SPDX-License-Identifier: MIT */
/* Rounds of probes, one per TTL, with one source port a round so that a round is one flow. */
#include "probe/hops.h"
#include "base/strbuf.h"
#include "core/sock.h"
#include "probe/asking.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

static bool is_time_exceeded(const struct icmp_seen *icmp)
{
	return icmp->family == ADDR_IPV6 ? icmp->type == ICMP6_TIME_EXCEEDED
					 : icmp->type == ICMP_TIME_EXCEEDED;
}

const char *trace_icmp_word(const struct icmp_seen *icmp)
{
	static const char *const v4[] = {"network unreachable", "host unreachable",
					 "protocol unreachable", "port unreachable", "too big"};
	static const char *const v6[] = {"no route", "prohibited", "beyond scope",
					 "address unreachable", "port unreachable"};

	if (is_time_exceeded(icmp))
		return "time exceeded";
	if (icmp->family == ADDR_IPV6 && icmp->type == ICMP6_DST_UNREACH)
		return icmp->code < 5 ? v6[icmp->code] : "prohibited";
	if (icmp->family == ADDR_IPV4 && icmp->type == ICMP_DEST_UNREACH)
		return icmp->code < 5 ? v4[icmp->code]
		       : icmp->code == 9 || icmp->code == 10 || icmp->code == 13 ? "prohibited"
										 : "unreachable";
	return "error";
}

static void take_answer(struct trace_hop *hop, const struct probe *p, const struct addr *dst)
{
	hop->n_sent++;
	if (p->answer == PROBE_SILENT || p->answer == PROBE_NOT_SENT)
		return;
	const struct addr *from = p->answer == PROBE_ICMP ? &p->icmp.from : dst;
	if (!hop->n_answers || p->seconds < hop->best_s)
		hop->best_s = p->seconds;
	if (p->seconds > hop->worst_s)
		hop->worst_s = p->seconds;
	hop->n_answers++;
	if (p->answer == PROBE_LOCAL_ERROR) {
		hop->answer = p->answer;
		hop->ends = true;
		return;
	}
	if (hop->from.family && !addr_equal(&hop->from, from))
		hop->other = *from;
	else
		hop->from = *from;
	hop->answer = p->answer;
	hop->icmp = p->icmp;
	hop->is_target = hop->is_target || p->answer != PROBE_ICMP || addr_equal(from, dst);
	hop->ends = hop->ends || p->answer != PROBE_ICMP || !is_time_exceeded(&p->icmp);
}

static void one_round(struct trace *trace, const struct asked *asked, unsigned max_hops, double wait_s)
{
	struct asking askings[TRACE_MAX_HOPS];
	const uint64_t end = monotonic_ns() + (uint64_t)(wait_s * 1e9);

	for (unsigned i = 0; i < max_hops; i++) {
		askings[i] = (struct asking){.fd = -1,
					     .dst = asked->addr,
					     .probe = {.proto = asked->proto,
						       .port = asked->port,
						       .ttl = (uint8_t)(i + 1)}};
		asking_start(&askings[i], asked);
	}
	asking_wait(askings, max_hops, end);
	asking_stop(askings, max_hops);
	for (unsigned i = 0; i < max_hops; i++) {
		trace->hops[i].ttl = (uint8_t)(i + 1);
		take_answer(&trace->hops[i], &askings[i].probe, &asked->addr);
	}
}

void trace_run(struct trace *trace, const struct asked *asked, unsigned max_hops, unsigned probes,
	       double wait_s)
{
	unsigned last = 0;

	for (unsigned round = 0; round < probes; round++) {
		one_round(trace, asked, max_hops, wait_s);
		/* What lies behind the end need not be asked again. */
		for (unsigned i = 0; i < max_hops; i++)
			if (trace->hops[i].is_target || trace->hops[i].ends) {
				max_hops = i + 1;
				break;
			}
	}
	for (unsigned i = 0; i < max_hops; i++)
		if (trace->hops[i].n_answers)
			last = i + 1;
	const bool ends = last && (trace->hops[last - 1].ends || trace->hops[last - 1].is_target);
	trace->n = ends ? last : last < max_hops ? last + 1 : max_hops;
	trace->reached = last && trace->hops[last - 1].is_target &&
			 trace->hops[last - 1].answer != PROBE_LOCAL_ERROR;
}

/* The same router twice with another between: a circle. */
static const struct trace_hop *find_loop(const struct trace *trace)
{
	for (unsigned i = 0; i < trace->n; i++)
		for (unsigned k = i + 2; k < trace->n; k++)
			if (trace->hops[i].from.family &&
			    addr_equal(&trace->hops[i].from, &trace->hops[k].from) &&
			    !addr_equal(&trace->hops[i].from, &trace->hops[k - 1].from))
				return &trace->hops[k];
	return NULL;
}

static const char *hops_word(unsigned n)
{
	return n == 1 ? "hop" : "hops";
}

void trace_sentence(struct strbuf *sb, const struct trace *trace, const struct asked *asked)
{
	char target[ADDR_TEXT_SIZE + 8], from[ADDR_TEXT_SIZE];
	const struct trace_hop *last = NULL, *loop = find_loop(trace);

	for (unsigned i = 0; i < trace->n; i++)
		if (trace->hops[i].n_answers)
			last = &trace->hops[i];
	addr_format_port(&asked->addr, asked->port, target);
	if (!last) {
		strbuf_printf(sb, "No hop on the way to %s answers.", target);
		return;
	}
	if (last->from.family)
		addr_format(&last->from, from);
	if (trace->reached && last->answer == PROBE_SYN_ACK)
		strbuf_printf(sb, "%s answers, %u %s away.", target, last->ttl, hops_word(last->ttl));
	else if (trace->reached && last->answer == PROBE_RESET)
		strbuf_printf(sb, "%s is refused, %u %s away.", target, last->ttl, hops_word(last->ttl));
	else if (trace->reached && last->answer == PROBE_ICMP)
		strbuf_printf(sb, "%s says %s, %u %s away.", target, trace_icmp_word(&last->icmp),
			      last->ttl, hops_word(last->ttl));
	else if (trace->reached)
		strbuf_printf(sb, "%s answers, %u %s away.", target, last->ttl, hops_word(last->ttl));
	else if (loop)
		strbuf_printf(sb, "The way to %s runs in a circle at hop %u (%s).", target, loop->ttl, from);
	else if (last->ends && last->answer == PROBE_ICMP)
		strbuf_printf(sb, "The way to %s ends at hop %u: %s says %s.", target, last->ttl, from,
			      trace_icmp_word(&last->icmp));
	else if (last->ends)
		strbuf_printf(sb, "This host does not send to %s.", target);
	else
		strbuf_printf(sb, "The way to %s is lost after hop %u (%s): beyond it there is silence.",
			      target, last->ttl, from);
}
