/* SPDX-License-Identifier: MIT */
/* berth trace: the way a SYN or datagram takes, hop by hop, without root. */
#include "base/auto.h"
#include "base/escape.h"
#include "base/numbers.h"
#include "base/strbuf.h"
#include "commands/command.h"
#include "core/case.h"
#include "core/sock.h"
#include "probe/asking.h"
#include "probe/hops.h"
#include "probe/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option_row options[] = {
	{"udp", 'u', NULL, false, "send datagrams instead of SYNs", NULL},
	{"max-hops", 'm', "N", false, "largest TTL (default 20)", NULL},
	{"probes", 'q', "N", false, "probes a hop (default 3)", NULL},
	{"wait", 'w', "SECONDS", false, "wait this long for answers (default 1)", NULL},
	{"bind", 0, "ADDRESS", false, "send from this address", NULL},
	{"device", 0, "NAME", false, "tie the socket to this interface", "@device"},
	{"mark", 0, "N", false, "send with this firewall mark", NULL},
	{},
};

static uint64_t number_option(const struct invocation *inv, const char *name, uint64_t max,
			      uint64_t otherwise)
{
	const char *text = option_value(inv, name);
	uint64_t number;

	if (!text)
		return otherwise;
	return parse_u64(text, max, &number) ? number : UINT64_MAX;
}

static bool split(struct case_facts *facts, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	uint64_t port;

	if (!colon || !len || !parse_u64(colon + 1, 65535, &port))
		return false;
	if (*text == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len)) {
		return false;
	}
	facts->asked.host = arena_dup(&facts->arena, text, len);
	facts->asked.port = (uint16_t)port;
	return facts->asked.host != NULL;
}

static const char *answer_word(enum probe_answer answer)
{
	switch (answer) {
	case PROBE_SYN_ACK:
		return "open: it answers";
	case PROBE_RESET:
		return "closed: refused by RST";
	case PROBE_REPLY:
		return "answers";
	case PROBE_LOCAL_ERROR:
		return "this host does not send it";
	case PROBE_ICMP:
	case PROBE_SILENT:
	case PROBE_NOT_SENT:
		break;
	}
	return NULL;
}

static void add_row(struct strbuf *sb, const struct trace_hop *hop)
{
	char from[ADDR_TEXT_SIZE] = "*";
	const char *word = answer_word(hop->answer);

	if (hop->from.family)
		addr_format(&hop->from, from);
	strbuf_printf(sb, "%3u  %-39s", hop->ttl, from);
	if (hop->n_answers)
		strbuf_printf(sb, "  %8.3f ms", hop->best_s * 1000);
	else
		strbuf_add_text(sb, "             ");
	strbuf_printf(sb, "  %u/%u", hop->n_answers, hop->n_sent);
	if (hop->other.family)
		strbuf_printf(sb, "  also %s", addr_format(&hop->other, from));
	if (hop->answer == PROBE_ICMP && hop->ends)
		strbuf_printf(sb, "  ICMP %u/%u: %s", hop->icmp.type, hop->icmp.code,
			      trace_icmp_word(&hop->icmp));
	else if (word)
		strbuf_printf(sb, "  %s", word);
	strbuf_add_char(sb, '\n');
}

static void add_json(struct strbuf *sb, const struct case_facts *facts, const struct trace *trace,
		     const char *says)
{
	char text[ADDR_TEXT_SIZE + 8];

	strbuf_add_text(sb, "{\"schema\":\"berth.trace/1\",\"target\":\"");
	strbuf_add_text(sb, addr_format_port(&facts->asked.addr, facts->asked.port, text));
	strbuf_printf(sb, "\",\"proto\":\"%s\",\"hops\":[",
		      sock_proto_name((enum sock_proto)facts->asked.proto));
	for (unsigned i = 0; i < trace->n; i++) {
		const struct trace_hop *hop = &trace->hops[i];
		strbuf_printf(sb, "%s\n {\"ttl\":%u,\"from\":", i ? "," : "", hop->ttl);
		if (hop->from.family)
			strbuf_printf(sb, "\"%s\"", addr_format(&hop->from, text));
		else
			strbuf_add_text(sb, "null");
		strbuf_printf(sb, ",\"sent\":%u,\"answered\":%u", hop->n_sent, hop->n_answers);
		if (hop->n_answers)
			strbuf_printf(sb, ",\"best_ms\":%.3f,\"worst_ms\":%.3f", hop->best_s * 1000,
				      hop->worst_s * 1000);
		if (hop->icmp.type)
			strbuf_printf(sb, ",\"icmp\":[%u,%u]", hop->icmp.type, hop->icmp.code);
		strbuf_printf(sb, ",\"target\":%s}", hop->is_target ? "true" : "false");
	}
	strbuf_printf(sb, "],\n \"reached\":%s,\"says\":\"", trace->reached ? "true" : "false");
	escape_add(sb, says, strlen(says));
	strbuf_add_text(sb, "\"}\n");
}

static int read_asked(const struct invocation *inv, struct case_facts *facts)
{
	struct asked *asked = &facts->asked;
	const char *bind = option_value(inv, "bind");
	uint64_t mark = number_option(inv, "mark", UINT32_MAX, 0);
	struct addr addrs[4];
	size_t n = 0;

	if (inv->n_operands != 1)
		return usage_error(inv, "HOST:PORT is missing; see 'berth trace --help'");
	asked->target = inv->operands[0];
	asked->proto = option_given(inv, "udp") ? SOCK_PROTO_UDP : SOCK_PROTO_TCP;
	asked->device = option_value(inv, "device");
	if (!split(facts, asked->target))
		return usage_error(inv, "'%s' is not HOST:PORT", asked->target);
	if (mark == UINT64_MAX)
		return usage_error(inv, "--mark: not a number");
	asked->mark = (uint32_t)mark;
	if (bind && !addr_parse(bind, &asked->bind_addr))
		return usage_error(inv, "--bind: '%s' is not an address", bind);
	if (addr_parse(asked->host, &asked->addr))
		return 0;
	resolve_name(facts, asked->host, addrs, 4, &n);
	if (!n)
		return failure(inv, "%s has no address; 'berth why connect %s' says why", asked->host,
			       asked->target);
	asked->addr = addrs[0];
	return 0;
}

static int run(const struct invocation *inv)
{
	AUTO(case_freep) struct case_facts *facts = case_new();
	AUTO(strbuf_release) struct strbuf sb = STRBUF_INIT, says = STRBUF_INIT;
	uint64_t hops = number_option(inv, "max-hops", TRACE_MAX_HOPS, 20);
	uint64_t probes = number_option(inv, "probes", TRACE_MAX_PROBES, 3);
	const char *wait = option_value(inv, "wait");
	double wait_s = wait ? strtod(wait, NULL) : 1;
	struct trace trace = {};

	if (!facts)
		return failure(inv, "out of memory");
	int code = read_asked(inv, facts);
	if (code)
		return code;
	if (!hops || hops == UINT64_MAX || !probes || probes == UINT64_MAX || !(wait_s > 0 && wait_s <= 60))
		return usage_error(inv, "--max-hops 1-%d, --probes 1-%d, --wait up to 60", TRACE_MAX_HOPS,
				   TRACE_MAX_PROBES);
	trace_run(&trace, &facts->asked, (unsigned)hops, (unsigned)probes, wait_s);
	trace_sentence(&says, &trace, &facts->asked);
	if (option_given(inv, "json") || option_given(inv, "ndjson")) {
		add_json(&sb, facts, &trace, says.text);
	} else {
		for (unsigned i = 0; i < trace.n; i++)
			add_row(&sb, &trace.hops[i]);
		strbuf_add_text(&sb, says.text);
		strbuf_add_char(&sb, '\n');
	}
	fwrite(sb.text, 1, sb.len, stdout);
	return trace.reached ? EXIT_YES : EXIT_NO;
}

const struct command command_trace = {
	.name = "trace",
	.args = "[--udp] HOST:PORT",
	.summary = "Show the path to a port, hop by hop",
	.help = "Sends real SYNs (or datagrams) with growing TTL from ordinary sockets: no root is needed,\n"
		"and firewalls see what the program would send. All hops are asked at the same time.\n",
	.examples = "berth trace example.org:443\tWhere does the way to this port end?\n"
		    "berth trace --udp 192.0.2.1:53\tThe same with datagrams\n",
	.options = options,
	.groups = OPTIONS_OUTPUT,
	.run = run,
};
