/* SPDX-License-Identifier: MIT */
/* berth why: reads the question; the forms are in why_*.c. */
#include "commands/why.h"
#include "base/auto.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "commands/command.h"
#include "commands/output.h"
#include "commands/target.h"
#include "core/case.h"
#include "core/endpoint.h"
#include "core/finding.h"
#include "core/sock.h"
#include "diagnose/rule.h"
#include "render/prose.h"
#include "render/why_json.h"
#include "render/why_text.h"
#include "render/why_words.h"

#include <langinfo.h>
#include <stdio.h>
#include <string.h>

static const struct option_row options[] = {
	{"bind", 0, "ADDR:PORT", false, "connect from this address and port", NULL},
	{"device", 0, "NAME", false, "tie the socket to this interface", "@device"},
	{"ttl", 0, "N", false, "send with this TTL or hop limit", NULL},
	{"mark", 0, "N", false, "send with this firewall mark", NULL},
	{"uid", 0, "UID", false, "ask as this user", NULL},
	{"reuseaddr", 0, NULL, false, "with SO_REUSEADDR", NULL},
	{"reuseport", 0, NULL, false, "with SO_REUSEPORT", NULL},
	{"freebind", 0, NULL, false, "with IP_FREEBIND", NULL},
	{"v6only", 0, NULL, false, "with IPV6_V6ONLY", NULL},
	{"dontroute", 0, NULL, false, "with SO_DONTROUTE", NULL},
	{"listen", 0, NULL, false, "bind: listen afterwards", NULL},
	{"backlog", 0, "N", false, "bind: listen afterwards, with this backlog", NULL},
	{"trace-firewall", 0, NULL, false,
	 "have nftables trace one more packet: adds a table of ours and removes it again", NULL},
	{"timeout", 0, "TIME", false, "take at most this long (default 10s)", NULL},
	{},
};

enum { WHY_LEAST_MS = 100, WHY_MOST_MS = 3600000 };

double why_timeout(const struct invocation *inv)
{
	uint64_t ms = WHY_TIMEOUT_S * 1000;

	option_duration(inv, "timeout", WHY_LEAST_MS, WHY_MOST_MS, &ms); /* read_options() complained */
	return (double)ms / 1e3;
}

int why_answer(const struct invocation *inv, const struct case_facts *facts)
{
	struct strbuf sb = STRBUF_INIT;
	AUTO(json_release) struct json json = {};
	struct findings findings;
	struct output output;

	int code = output_open(&output, inv);
	if (code)
		return output_close(&output, inv, code);
	findings_init(&findings);
	diagnose(facts, &findings);
	const struct prose_look look = {.color = output.color,
					.unicode = output.screen && !strcmp(nl_langinfo(CODESET), "UTF-8"),
					.screen = output.screen};
	json_init(&json, &output.out);
	if (output.json || output.ndjson)
		why_json(&json, facts, &findings);
	else
		why_text(&sb, facts, &findings, &look);
	out_add(&output.out, sb.text, sb.len);
	const bool ok = outcome_of(facts).ok;
	const bool known = answer_of(facts, &findings) != NULL;
	strbuf_release(&sb);
	findings_release(&findings);
	return output_close(&output, inv, ok ? EXIT_YES : known ? EXIT_NO : EXIT_UNKNOWN);
}

static int read_options(const struct invocation *inv, struct case_facts *facts)
{
	struct asked *asked = &facts->asked;
	const char *bind = option_value(inv, "bind");
	struct endpoint from = {};
	uint64_t ttl = 0, mark = 0, uid = 0, backlog = 0, timeout_ms;
	int code = option_number(inv, "ttl", 0, 255, &ttl);

	code = code ?: option_number(inv, "mark", 0, UINT32_MAX, &mark);
	code = code ?: option_number(inv, "uid", 0, UINT32_MAX - 1, &uid);
	code = code ?: option_number(inv, "backlog", 0, INT32_MAX, &backlog);
	code = code ?: option_duration(inv, "timeout", WHY_LEAST_MS, WHY_MOST_MS, &timeout_ms);
	if (code)
		return code;
	if (bind && (endpoint_parse(bind, &from) ||
		     (from.has_host && !address_parse(from.host, &asked->bind_addr))))
		return usage_error(inv, "--bind: '%s' is not ADDRESS:PORT", bind);
	asked->bind_port = from.port;
	asked->ttl = (int)ttl;
	asked->mark = (uint32_t)mark;
	asked->uid = option_given(inv, "uid") ? (int64_t)uid : -1;
	asked->device = option_value(inv, "device");
	asked->reuseaddr = option_given(inv, "reuseaddr");
	asked->reuseport = option_given(inv, "reuseport");
	asked->freebind = option_given(inv, "freebind");
	asked->v6only = option_given(inv, "v6only");
	asked->dontroute = option_given(inv, "dontroute");
	asked->backlog = (uint32_t)backlog;
	asked->listens = option_given(inv, "listen") || option_given(inv, "backlog");
	return 0;
}

/* [PROTO] TARGET */
static int read_target(const struct invocation *inv, struct case_facts *facts, char **words, int n)
{
	struct asked *asked = &facts->asked;
	struct endpoint endpoint;

	asked->proto = SOCK_PROTO_TCP;
	if (n == 2 && !strcmp(words[0], "udp"))
		asked->proto = SOCK_PROTO_UDP;
	else if (n == 2 && strcmp(words[0], "tcp") != 0)
		return usage_error(inv, "'%s' is neither tcp nor udp", words[0]);
	if (n < 1 || n > 2)
		return usage_error(inv, "%s; see 'berth why --help'",
				   n < 1 ? "HOST:PORT is missing" : "too many words");
	asked->target = words[n - 1];
	const char *wrong = endpoint_parse(asked->target, &endpoint);
	if (wrong)
		return usage_error(inv, "'%s': %s", asked->target, wrong);
	asked->port = endpoint.port;
	asked->host = endpoint.has_host ? arena_dup(&facts->arena, endpoint.host, strlen(endpoint.host)) : "";
	if (!asked->host)
		return failure(inv, "out of memory");
	if (!endpoint.has_host && asked->op == CASE_BIND)
		asked->addr = addr_any(ADDR_IPV6);
	else if (!endpoint.has_host)
		asked->addr = addr_ipv4(0x7f000001);
	else if (!address_parse(asked->host, &asked->addr) && asked->op == CASE_BIND)
		return usage_error(inv, "'%s' is not an address", asked->host);
	return 0;
}

static int run(const struct invocation *inv)
{
	const char *netns = option_value(inv, "netns");
	const char *word = inv->n_operands ? inv->operands[0] : "";
	AUTO(case_freep) struct case_facts *facts = case_new();
	struct output output;
	int code = 0;

	if (!facts)
		return failure(inv, "out of memory");
	/* Is it clear how it is to look? Better now than after 10 s; not where it changes a command. */
	if (!code && inv->command_at < 0) {
		code = output_open(&output, inv);
		out_release(&output.out);
	}
	if (!code)
		code = read_options(inv, facts);
	if (code)
		return code;
	if (netns && strcmp(netns, "self") != 0 && strcmp(netns, "all") != 0 &&
	    strcmp(word, "inbound") != 0)
		return usage_error(inv, "--netns: 'self' or 'all', not '%s'", netns);
	facts->asked.all_netns = netns ? !strcmp(netns, "all") : geteuid() == 0;
	if (!strcmp(word, "connect") || !strcmp(word, "bind")) {
		facts->asked.op = *word == 'b' ? CASE_BIND : CASE_CONNECT;
		code = read_target(inv, facts, inv->operands + 1, inv->n_operands - 1);
		if (code)
			return code;
		return *word == 'b' ? why_bind(inv, facts) : why_connect(inv, facts);
	}
	if (!strcmp(word, "inbound"))
		return why_inbound(inv, facts, inv->operands + 1, inv->n_operands - 1);
	if (inv->n_operands && !strcmp(inv->operands[-1], "--"))
		return why_command(inv, facts, inv->operands);
	return usage_error(inv, "say 'connect HOST:PORT', 'bind ADDR:PORT', 'inbound PORT' or '-- COMMAND'");
}

void why_explain(const char *host, uint16_t port)
{
	const struct invocation inv = {};
	AUTO(case_freep) struct case_facts *facts = case_new();

	if (!facts)
		return;
	facts->asked.op = CASE_CONNECT;
	facts->asked.proto = SOCK_PROTO_TCP;
	facts->asked.uid = -1;
	facts->asked.port = port;
	facts->asked.host = host;
	facts->asked.target = arena_printf(&facts->arena, strchr(host, ':') ? "[%s]:%u" : "%s:%u",
					   host, port);
	address_parse(host, &facts->asked.addr);
	why_connect(&inv, facts);
}

const struct command command_why = {
	.name = "why",
	.args = "connect [PROTO] HOST:PORT | bind [PROTO] ADDR:PORT | inbound [PROTO] PORT | -- COMMAND ARG...",
	.summary = "Say why a connection or a bind does not work",
	.help = "Tries it, watches what happens, asks the kernel and the path, and names the cause,\n"
		"the place, the proof and what to do. Works without root; root sees more, and with\n"
		"--netns all uses what every network namespace of this machine can tell.\n"
		"inbound watches for --timeout seconds or until Ctrl-C; its --netns also takes a name,\n"
		"a process or a path.\n",
	.examples = "berth why connect db.example.org:5432\tWhy can it not be reached?\n"
		    "berth why bind 0.0.0.0:80 --uid 1000\tWhy may user 1000 not have port 80?\n"
		    "berth why inbound 8080\tWhat becomes of packets for port 8080 here?\n"
		    "berth why -- curl https://example.org\tRun it; explain the call that fails\n",
	.options = options,
	.groups = OPTIONS_OUTPUT | OPTIONS_SNAPSHOT,
	.operands = "@why",
	.run = run,
};
