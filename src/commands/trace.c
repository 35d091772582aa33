/* SPDX-License-Identifier: MIT */
/* berth trace: the way a SYN, datagram or echo takes, hop by hop. */
#include "base/auto.h"
#include "base/json.h"
#include "base/numbers.h"
#include "base/strbuf.h"
#include "commands/command.h"
#include "commands/output.h"
#include "commands/progress.h"
#include "commands/target.h"
#include "core/case.h"
#include "core/endpoint.h"
#include "core/sock.h"
#include "probe/hops.h"
#include "probe/lookup.h"
#include "probe/reverse_names.h"
#include "render/color.h"
#include "render/trace_json.h"
#include "render/trace_text.h"

#include <string.h>

enum { LOOKUP_MS = 6000, NAMES_MS = 1000, UDP_PORT = 33434 };

static const struct option_row options[] = {
	{"tcp", 'T', NULL, false, "send SYNs (the default)", NULL},
	{"udp", 'U', NULL, false, "send datagrams instead (port 33434 if none is given)", NULL},
	{"icmp", 'I', NULL, false, "send echo requests instead; takes no port", NULL},
	{"port", 'p', "PORT", false, "the port, where the operand is a host alone", NULL},
	{"numeric", 'n', NULL, false, "do not look up the names of the hops", NULL},
	{"ipv4", '4', NULL, false, "use an IPv4 address of the name", NULL},
	{"ipv6", '6', NULL, false, "use an IPv6 address of the name", NULL},
	{"first-hop", 'f', "N", false, "begin with this TTL (default 1)", NULL},
	{"max-hops", 'm', "N", false, "largest TTL (default 30)", NULL},
	{"probes", 'q', "N", false, "probes a hop (default 3)", NULL},
	{"wait", 'w', "TIME", false,
	 "wait this long for every answer (default: up to 1s, less where others are fast)", NULL},
	{"no-mtu", 0, NULL, false, "do not look for the largest packet", NULL},
	{"bind", 's', "ADDRESS", false, "send from this address", NULL},
	{"device", 'i', "NAME", false, "tie the socket to this interface", "@device"},
	{"mark", 0, "N", false, "send with this firewall mark", NULL},
	{},
};

struct tracing {
	const struct trace_plan *plan;
	struct reverse_names *names;
	struct progress progress;
	const char *target;
};

static int read_plan(const struct invocation *inv, struct trace_plan *plan)
{
	uint64_t first = plan->first_hop, last = plan->max_hops, probes = plan->probes;
	uint64_t wait_ms = (uint64_t)(plan->wait_s * 1e3);
	int code = option_number(inv, "first-hop", 1, TRACE_MAX_HOPS, &first);

	code = code ?: option_number(inv, "max-hops", 1, TRACE_MAX_HOPS, &last);
	code = code ?: option_number(inv, "probes", 1, TRACE_MAX_PROBES, &probes);
	code = code ?: option_duration(inv, "wait", 1, 60000, &wait_ms);
	if (code)
		return code;
	plan->first_hop = (unsigned)first;
	plan->max_hops = (unsigned)last;
	plan->probes = (unsigned)probes;
	plan->wait_s = (double)wait_ms / 1e3;
	plan->wait_whole = option_given(inv, "wait");
	if (plan->first_hop > plan->max_hops)
		return usage_error(inv, "--first-hop %u is behind --max-hops %u", plan->first_hop,
				   plan->max_hops);
	return 0;
}

static int read_proto(const struct invocation *inv, struct asked *asked)
{
	const int n = option_given(inv, "tcp") + option_given(inv, "udp") + option_given(inv, "icmp");

	asked->proto = option_given(inv, "udp")	   ? SOCK_PROTO_UDP
		       : option_given(inv, "icmp") ? SOCK_PROTO_ICMP
						   : SOCK_PROTO_TCP;
	return n > 1 ? usage_error(inv, "--tcp, --udp and --icmp exclude each other") : 0;
}

/* HOST:PORT, HOST PORT, HOST with --port; HOST alone for ICMP and UDP. */
static int read_operands(const struct invocation *inv, struct asked *asked, struct endpoint *ret)
{
	const char *text = inv->n_operands ? inv->operands[0] : "";
	const bool has_port = option_given(inv, "port") || inv->n_operands == 2;
	uint64_t port = UDP_PORT;
	struct addr addr;

	if (inv->n_operands < 1 || inv->n_operands > 2)
		return usage_error(inv, "%s; see 'berth trace --help'",
				   inv->n_operands ? "too many words" : "HOST:PORT is missing");
	asked->target = text;
	int code = option_number(inv, "port", 0, UINT16_MAX, &port);
	if (code)
		return code;
	if (inv->n_operands == 2 && !parse_u64(inv->operands[1], UINT16_MAX, &port))
		return usage_error(inv, "'%s' is not a port", inv->operands[1]);
	const bool is_addr = address_parse(text, &addr), is_ipv6 = is_addr && addr.family == ADDR_IPV6;
	if (!has_port && asked->proto == SOCK_PROTO_TCP && (is_addr || !strchr(text, ':')))
		return usage_error(inv, "'%s' has no port: say %s%s%s:PORT, or use --icmp", text,
				   is_ipv6 ? "[" : "", text, is_ipv6 ? "]" : "");
	if (is_addr || !strchr(text, ':')) {
		if (strlen(text) >= sizeof(ret->host) || !*text)
			return usage_error(inv, "'%s' is not a host", text);
		strcpy(ret->host, text);
		ret->port = (uint16_t)port;
		return 0;
	}
	const char *wrong = endpoint_parse(text, ret);
	if (!wrong && has_port)
		return usage_error(inv, "the port is given twice");
	return wrong ? usage_error(inv, "'%s': %s", text, wrong) : 0;
}

static int find_address(const struct invocation *inv, struct asked *asked)
{
	const uint8_t family = option_given(inv, "ipv6")   ? ADDR_IPV6
			       : option_given(inv, "ipv4") ? ADDR_IPV4
							   : asked->bind_addr.family;
	struct addr addrs[16];
	const char *why_not;

	if (address_parse(asked->host, &asked->addr)) {
		if (family && asked->addr.family != family)
			return usage_error(inv, "%s is not an IPv%u address", asked->host, family);
		return 0;
	}
	size_t n = lookup_addresses(asked->host, LOOKUP_MS, addrs, N_ELEMENTS(addrs), &why_not);
	for (size_t i = 0; i < n; i++)
		if (!family || addrs[i].family == family) {
			asked->addr = addrs[i];
			return 0;
		}
	return failure(inv, "%s: %s; 'berth why connect' says why", asked->host,
		       n ? "no address of that family" : why_not);
}

static int read_asked(const struct invocation *inv, struct case_facts *facts)
{
	struct asked *asked = &facts->asked;
	const char *bind = option_value(inv, "bind");
	uint64_t mark = 0;
	struct endpoint endpoint = {};

	int code = read_proto(inv, asked);
	code = code ?: option_number(inv, "mark", 0, UINT32_MAX, &mark);
	code = code ?: read_operands(inv, asked, &endpoint);
	if (code)
		return code;
	asked->mark = (uint32_t)mark;
	asked->uid = -1;
	asked->device = option_value(inv, "device");
	asked->port = endpoint.port;
	asked->host = arena_dup(&facts->arena, endpoint.host, strlen(endpoint.host));
	if (!asked->host)
		return failure(inv, "out of memory");
	if (bind && !address_parse(bind, &asked->bind_addr))
		return usage_error(inv, "--bind: '%s' is not an address", bind);
	if (option_given(inv, "ipv4") && option_given(inv, "ipv6"))
		return usage_error(inv, "--ipv4 and --ipv6 exclude each other");
	return find_address(inv, asked);
}

static void tick(const struct trace *trace, void *data)
{
	struct tracing *tracing = data;
	unsigned far = 0;

	for (unsigned i = trace->first; i < TRACE_MAX_HOPS; i++)
		if (trace->hops[i].n_answers) {
			reverse_names_ask(tracing->names, &trace->hops[i].from);
			far = i + 1;
		}
	progress_say(&tracing->progress, "tracing the way to %s: hop %u answered so far ...",
		     tracing->target, far);
}

static void print(struct output *output, const struct trace *trace,
		  const struct trace_names *names, const struct asked *asked)
{
	AUTO(strbuf_release) struct strbuf sb = STRBUF_INIT;
	AUTO(json_release) struct json json;
	const struct trace_look look = {.color = output->color,
					.headings = output->headings,
					.screen = output->screen};

	json_init(&json, &output->out);
	if (output->json || output->ndjson) {
		trace_json(&json, trace, names, asked);
		return;
	}
	trace_table(&sb, trace, names, &look);
	strbuf_add_text(&sb, output->color ? color_start(trace->reached ? STYLE_STRONG : STYLE_BAD) : "");
	trace_sentence(&sb, trace, asked);
	strbuf_add_text(&sb, output->color ? color_stop() : "");
	strbuf_add_char(&sb, '\n');
	trace_mtu_lines(&sb, trace);
	out_add(&output->out, sb.text, sb.len);
}

static int trace_and_print(const struct invocation *inv, struct output *output,
			   const struct asked *asked, const struct trace_plan *asked_plan)
{
	const bool numeric = option_given(inv, "numeric");
	AUTO(reverse_names_freep) struct reverse_names *names = numeric ? NULL : reverse_names_new();
	struct trace_plan plan = *asked_plan;
	struct tracing tracing = {.plan = &plan, .names = names, .target = asked->target};
	struct trace_names found = {};
	struct trace trace;

	plan.tick = tick;
	plan.data = &tracing;
	progress_start(&tracing.progress, inv);
	int error = trace_run(&trace, asked, &plan);
	if (!error) {
		tick(&trace, &tracing);
		reverse_names_wait(names, NAMES_MS);
	}
	progress_end(&tracing.progress);
	if (error)
		return failure(inv, "ICMP sockets: %s; net.ipv4.ping_group_range or CAP_NET_RAW allows "
			       "them, --tcp and --udp need neither", strerror(-error));
	for (unsigned i = trace.first; i < trace.n; i++)
		found.of[i] = reverse_names_find(names, &trace.hops[i].from);
	print(output, &trace, &found, asked);
	return trace.reached ? EXIT_YES : EXIT_NO;
}

static int run(const struct invocation *inv)
{
	AUTO(case_freep) struct case_facts *facts = case_new();
	struct trace_plan plan = {.first_hop = 1,
				  .max_hops = 30,
				  .probes = 3,
				  .wait_s = 1,
				  .measure_mtu = !option_given(inv, "no-mtu")};
	struct output output;

	if (!facts)
		return failure(inv, "out of memory");
	int code = output_open(&output, inv);
	code = code ?: read_plan(inv, &plan);
	code = code ?: read_asked(inv, facts);
	code = code ?: trace_and_print(inv, &output, &facts->asked, &plan);
	return output_close(&output, inv, code);
}

const struct command command_trace = {
	.name = "trace",
	.args = "HOST:PORT",
	.summary = "Show the path to a port, hop by hop",
	.help = "Sends real SYNs (or datagrams, or echo requests) with growing TTL. All probes are one\n"
		"flow: the same addresses, ports and flow label, so that routers with several ways\n"
		"send all of them the same way. Without root TCP goes hop after hop, everything else\n"
		"is asked at the same time. It ends with the sentence that the hops add up to.\n",
	.examples = "berth trace example.org:443\tWhere does the way to this port end?\n"
		    "berth trace --udp 192.0.2.1:53\tThe same with datagrams\n"
		    "berth trace --icmp -n example.org\tWith echo requests, addresses only\n",
	.options = options,
	.groups = OPTIONS_OUTPUT,
	.operands = "@endpoint",
	.run = run,
};
