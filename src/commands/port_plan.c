/* SPDX-License-Identifier: MIT */
/* Choosing a port that stays one's own: not bound by anybody, never handed out to a client. */
#include "commands/port_plan.h"
#include "act/bindable.h"
#include "base/auto.h"
#include "base/json.h"
#include "base/numbers.h"
#include "base/strbuf.h"
#include "commands/collect.h"
#include "commands/command.h"
#include "commands/output.h"
#include "core/facts.h"
#include "core/service.h"
#include "core/snapshot.h"

#include <errno.h>
#include <string.h>

/* "8000", "8000-8100"; false for anything else. */
static bool parse_range(const char *text, struct port_range *ret)
{
	const size_t first = strcspn(text, "-");
	uint64_t low, high;

	if (!parse_u64_n(text, first, UINT16_MAX, &low))
		return false;
	high = low;
	if (text[first] && !parse_u64(text + first + 1, UINT16_MAX, &high))
		return false;
	*ret = (struct port_range){(uint16_t)low, (uint16_t)high};
	return low && low <= high;
}

static int look(const struct invocation *inv, struct snapshot **ret)
{
	struct request request = {
		.facts = FACT_SOCKETS | FACT_HOST,
		.protos = PROTO_BIT(SOCK_PROTO_TCP) | PROTO_BIT(SOCK_PROTO_UDP),
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
		.netns_choice = NETNS_SELF,
	};

	return collect(inv, &request, ret);
}

/* Does the kernel give it to a TCP and a UDP socket on every address, now? */
static bool can_be_bound(uint16_t port)
{
	const struct addr any6 = addr_any(ADDR_IPV6), any4 = addr_any(ADDR_IPV4);
	static const enum sock_proto protos[] = {SOCK_PROTO_TCP, SOCK_PROTO_UDP};

	for (size_t i = 0; i < N_ELEMENTS(protos); i++) {
		int error = bindable(NULL, protos[i], &any6, port, false);
		/* a machine without IPv6: the IPv4 wildcard is all there is */
		if (error && error != EADDRINUSE)
			error = bindable(NULL, protos[i], &any4, port, false);
		if (error)
			return false;
	}
	return true;
}

struct search {
	const struct snapshot *snap;
	uint8_t taken[(UINT16_MAX + 1) / 8];
	struct port_range range;
	uint64_t n;
	uint16_t found[UINT16_MAX + 1];
	size_t n_found;
};

static void mark_taken(struct search *search)
{
	for (size_t i = 0; i < search->snap->n_socks; i++) {
		const uint16_t port = search->snap->socks[i].local_port;
		search->taken[port / 8] |= (uint8_t)(1 << port % 8);
	}
}

/* @named: also ports that usually belong to something. */
static void find(struct search *search, bool named)
{
	const struct host *host = &search->snap->host;

	for (uint32_t at = search->range.low;
	     at <= search->range.high && search->n_found < search->n; at++) {
		const uint16_t port = (uint16_t)at;
		const bool has_name = service_iana(SOCK_PROTO_OTHER, port, NULL) ||
				      service_usual(SOCK_PROTO_OTHER, port);
		if (has_name == named && !(search->taken[port / 8] >> port % 8 & 1) &&
		    !host_port_is_ephemeral(host, port) && !host_port_is_reserved(host, port) &&
		    can_be_bound(port))
			search->found[search->n_found++] = port;
	}
}

static void print_found(const struct search *search, struct output *output)
{
	AUTO(json_release) struct json json;

	if (!output->json && !output->ndjson) {
		for (size_t i = 0; i < search->n_found; i++) {
			out_add_u64(&output->out, search->found[i]);
			out_add_char(&output->out, '\n');
		}
		return;
	}
	json_init(&json, &output->out);
	json_open(&json, '{');
	json_put_text(&json, "schema", "berth.port-free/1");
	json_key(&json, "ports");
	json_open(&json, '[');
	for (size_t i = 0; i < search->n_found; i++)
		json_u64(&json, search->found[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	json_end(&json);
}

static int search_and_print(const struct invocation *inv, struct search *search)
{
	struct output output;
	int code = output_open(&output, inv);

	if (!code) {
		mark_taken(search);
		find(search, false);
		find(search, true);
		print_found(search, &output);
		code = search->n_found == search->n ? EXIT_YES : EXIT_NO;
		if (code)
			failure(inv, "only %zu of %llu in %u-%u: the rest is taken, reserved, or "
				     "handed out to clients (%u-%u)",
				search->n_found, (unsigned long long)search->n, search->range.low,
				search->range.high, search->snap->host.ephemeral.low,
				search->snap->host.ephemeral.high);
	}
	return output_close(&output, inv, code);
}

int port_free(const struct invocation *inv)
{
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	AUTO(freep) struct search *search = calloc(1, sizeof(*search));

	if (!search)
		return failure(inv, "out of memory");
	/* above the system's, below where most hosts begin to hand ports out */
	search->range = (struct port_range){1024, 49151};
	search->n = 1;
	if (inv->n_operands > 1 ||
	    (inv->n_operands && !parse_range(inv->operands[0], &search->range)))
		return usage_error(inv, "--free wants one RANGE such as 8000-8999");
	int code = option_number(inv, "count", 1, UINT16_MAX, &search->n);
	if (code)
		return code;
	if (option_value(inv, "from"))
		return usage_error(inv, "--free binds ports to be sure, which a recording cannot");
	code = look(inv, &snap);
	search->snap = snap;
	return code ? code : search_and_print(inv, search);
}

static void add_range(struct strbuf *list, struct port_range range)
{
	strbuf_printf(list, "%s%u", list->len ? "," : "", range.low);
	if (range.high != range.low)
		strbuf_printf(list, "-%u", range.high);
}

static bool is_inside(const struct host *host, struct port_range range)
{
	return range.high >= host->ephemeral.low && range.low <= host->ephemeral.high;
}

int port_reserve(const struct invocation *inv)
{
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	AUTO(strbuf_release) struct strbuf list = STRBUF_INIT, text = STRBUF_INIT;
	struct output output;
	bool needed = false;

	if (!inv->n_operands)
		return usage_error(inv, "--reserve wants ports: 8080 9000-9010");
	int code = look(inv, &snap);
	if (code)
		return code;
	for (size_t i = 0; i < snap->host.n_reserved; i++)
		add_range(&list, snap->host.reserved[i]);
	for (int i = 0; i < inv->n_operands; i++) {
		struct port_range range;
		if (!parse_range(inv->operands[i], &range))
			return usage_error(inv, "'%s' is neither a port nor a range", inv->operands[i]);
		needed |= is_inside(&snap->host, range);
		add_range(&list, range);
	}
	strbuf_printf(&text,
		      "Clients of this host are given ports from %u-%u (net.ipv4.ip_local_port_range).\n",
		      snap->host.ephemeral.low, snap->host.ephemeral.high);
	strbuf_add_text(&text, needed ? "A server's port in there can be lost to an outgoing connection "
					"whenever the server is down.\n"
				      : "What you named lies outside: clients never get it, nothing has to "
					"be reserved.\n");
	strbuf_printf(&text,
		      "\nTo keep clients off, now and after a restart (as root):\n"
		      "  sysctl -w net.ipv4.ip_local_reserved_ports=%s\n"
		      "  echo net.ipv4.ip_local_reserved_ports=%s > /etc/sysctl.d/60-reserved-ports.conf\n"
		      "\nThe list replaces the former one, which is included. It holds for TCP and UDP, "
		      "IPv4 and IPv6,\nof this network namespace; a server still binds the port as "
		      "before. Connections that have a\nport now keep it until they end.\n",
		      list.text, list.text);
	code = output_open(&output, inv);
	if (!code)
		out_add_text(&output.out, text.text);
	return output_close(&output, inv, code);
}
