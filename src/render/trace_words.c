/* SPDX-License-Identifier: MIT */
/* What a trace means, in a sentence. */
#include "base/strbuf.h"
#include "core/case.h"
#include "core/sock.h"
#include "render/trace_text.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

/* "host unreachable", "time exceeded" ... */
static const char *trace_icmp_word(const struct icmp_seen *icmp)
{
	static const char *const v4[] = {"network unreachable", "host unreachable",
					 "protocol unreachable", "port unreachable", "too big"};
	static const char *const v6[] = {"no route", "prohibited", "beyond scope",
					 "address unreachable", "port unreachable"};

	if (icmp_is_time_exceeded(icmp))
		return "time exceeded";
	if (icmp->family == ADDR_IPV6 && icmp->type == ICMP6_DST_UNREACH)
		return icmp->code < 5 ? v6[icmp->code] : "prohibited";
	if (icmp->family == ADDR_IPV6 && icmp->type == ICMP6_PACKET_TOO_BIG)
		return "too big";
	if (icmp->family == ADDR_IPV4 && icmp->type == ICMP_DEST_UNREACH)
		return icmp->code < 5 ? v4[icmp->code]
		       : icmp->code == 9 || icmp->code == 10 || icmp->code == 13 ? "prohibited"
										 : "unreachable";
	return "error";
}

const char *trace_answer_word(const struct trace_hop *hop)
{
	switch (hop->answer) {
	case PROBE_SYN_ACK:
		return "open: it answers";
	case PROBE_RESET:
		return "closed: refused by RST";
	case PROBE_REPLY:
		return "answers";
	case PROBE_LOCAL_ERROR:
		return "this host does not send it";
	case PROBE_ICMP:
		return hop->ends ? trace_icmp_word(&hop->icmp) : NULL;
	case PROBE_SILENT:
	case PROBE_NOT_SENT:
		break;
	}
	return NULL;
}

/* The same router twice with another between: a circle. */
static const struct trace_hop *find_loop(const struct trace *trace)
{
	for (unsigned i = trace->first; i < trace->n; i++)
		for (unsigned k = i + 2; k < trace->n; k++)
			if (trace->hops[i].from.family && !trace->hops[i].forwards &&
			    addr_equal(&trace->hops[i].from, &trace->hops[k].from) &&
			    !addr_equal(&trace->hops[i].from, &trace->hops[k - 1].from))
				return &trace->hops[k];
	return NULL;
}

static void add_distance(struct strbuf *sb, const struct trace *trace, const struct trace_hop *last)
{
	strbuf_printf(sb, ", %u %s away", last->ttl, last->ttl == 1 ? "hop" : "hops");
	for (unsigned i = trace->first; i + 1u < last->ttl; i++)
		if (trace->hops[i].forwards) {
			strbuf_printf(sb, ", behind hop %u, which has its address and passes it on",
				      trace->hops[i].ttl);
			break;
		}
}

/* A router acts on a packet after its TTL check: the hop before may be the one as well. */
static void add_impostor(struct strbuf *sb, const struct trace *trace)
{
	const unsigned ttl = trace->impostor_ttl;
	char text[ADDR_TEXT_SIZE];

	strbuf_add_text(sb, ", but not by the target, which is farther away: ");
	if (ttl > trace->first + 1u && trace->hops[ttl - 2].from.family)
		strbuf_printf(sb, "hop %u (%s) or ", ttl - 1,
			      addr_format(&trace->hops[ttl - 2].from, text));
	strbuf_printf(sb, "hop %u (%s) answers in its name", ttl, addr_format(&trace->impostor, text));
}

static void add_reached(struct strbuf *sb, const struct trace *trace, const struct trace_hop *last,
			const char *target)
{
	strbuf_add_text(sb, target);
	if (last->answer == PROBE_RESET)
		strbuf_add_text(sb, " is refused");
	else if (last->answer == PROBE_ICMP)
		strbuf_printf(sb, " says %s", trace_icmp_word(&last->icmp));
	else
		strbuf_add_text(sb, trace->impostor_ttl ? " is answered" : " answers");
	if (trace->impostor_ttl)
		add_impostor(sb, trace);
	else
		add_distance(sb, trace, last);
	strbuf_add_char(sb, '.');
}

/* A router that rejects does so after its TTL check, when it has been a hop already. */
static const struct trace_hop *first_of_router(const struct trace *trace, const struct trace_hop *hop)
{
	const struct trace_hop *before = hop->ttl > trace->first + 1u ? hop - 1 : NULL;

	return before && before->from.family && addr_equal(&before->from, &hop->from) ? before : hop;
}

void trace_sentence(struct strbuf *sb, const struct trace *trace, const struct asked *asked)
{
	char target[ADDR_TEXT_SIZE + 8], from[ADDR_TEXT_SIZE] = "";
	const struct trace_hop *last = NULL, *loop = find_loop(trace);

	for (unsigned i = trace->first; i < trace->n; i++)
		if (trace->hops[i].n_answers)
			last = &trace->hops[i];
	if (asked->proto == SOCK_PROTO_ICMP)
		addr_format(&asked->addr, target);
	else
		addr_format_port(&asked->addr, asked->port, target);
	if (!last) {
		strbuf_printf(sb, "No hop on the way to %s answers.", target);
		return;
	}
	if (last->from.family)
		addr_format(&last->from, from);
	if (trace->reached)
		add_reached(sb, trace, last, target);
	else if (last->ends && last->answer == PROBE_LOCAL_ERROR)
		strbuf_printf(sb, "This host does not send to %s: %s.", target,
			      strerror(last->icmp.error));
	else if (loop)
		strbuf_printf(sb, "The way to %s runs in a circle at hop %u (%s).", target, loop->ttl, from);
	else if (last->ends)
		strbuf_printf(sb, "The way to %s ends at hop %u: %s says %s.", target,
			      first_of_router(trace, last)->ttl, from, trace_icmp_word(&last->icmp));
	else if (last->forwards)
		strbuf_printf(sb, "Hop %u has the address of %s and passes it on: what is behind it does "
			      "not answer.", last->ttl, target);
	else if (last->ttl == trace->n)
		strbuf_printf(sb, "The way to %s goes on beyond hop %u (%s); ask for more with --max-hops.",
			      target, last->ttl, from);
	else
		strbuf_printf(sb, "The way to %s is lost after hop %u (%s): beyond it there is silence.",
			      target, last->ttl, from);
}

void trace_mtu_lines(struct strbuf *sb, const struct trace *trace)
{
	char from[ADDR_TEXT_SIZE];

	for (unsigned i = 1; i < trace->n_mtus; i++) {
		const struct trace_mtu *step = &trace->mtus[i];
		addr_format(&step->from, from);
		if (trace->mtu_hole && i + 1 == trace->n_mtus)
			strbuf_printf(sb, "Datagrams up to %u bytes arrive, larger ones vanish and nobody "
				      "says so: somewhere on the way ICMP is dropped.\n", step->mtu);
		else if (step->ttl)
			strbuf_printf(sb, "Beyond hop %u (%s) packets have at most %u bytes, before it %u.\n",
				      step->ttl, from, step->mtu, trace->mtus[i - 1].mtu);
		else
			strbuf_printf(sb, "Beyond %s packets have at most %u bytes, before it %u.\n", from,
				      step->mtu, trace->mtus[i - 1].mtu);
	}
}
