/* SPDX-License-Identifier: MIT */
/* berth why inbound: what becomes of packets that arrive for a port of this host, now. */
#include "base/auto.h"
#include "base/escape.h"
#include "base/numbers.h"
#include "base/strbuf.h"
#include "commands/command.h"
#include "commands/why.h"
#include "core/case.h"
#include "core/sock.h"
#include "probe/inbound.h"
#include "sources/evidence.h"
#include "sources/port_holders.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Counters that rise when this host throws something away that had arrived. */
static const char *const telling[] = {
	"TcpExt.ListenOverflows", "TcpExt.ListenDrops", "TcpExt.TCPMD5NotFound",
	"TcpExt.TCPMD5Unexpected", "TcpExt.TCPMinTTLDrop", "TcpExt.IPReversePathFilter",
	"TcpExt.TCPReqQFullDrop", "TcpExt.PAWSPassive", "TcpExt.TCPBacklogDrop", "Tcp.InCsumErrors",
	"Ip.InAddrErrors", "Ip.InDiscards", "Ip.OutNoRoutes", "Ip6.OutNoRoutes", "Udp.RcvbufErrors",
	"Udp.InCsumErrors", "Udp.NoPorts", "Udp6.RcvbufErrors", "Udp6.NoPorts",
};

static const struct place_socket *listener_of(const struct place *own, uint8_t proto)
{
	for (size_t i = 0; i < own->n_sockets; i++)
		if (proto == SOCK_PROTO_UDP ? !own->sockets[i].remote_port
					    : own->sockets[i].state == SOCK_STATE_LISTEN)
			return &own->sockets[i];
	return NULL;
}

static void add_holder(struct strbuf *sb, const struct place *own, const struct place_socket *l)
{
	char local[ADDR_TEXT_SIZE + 8];
	const struct place_process *p = l->n_pids ? place_process(own, l->pids[0]) : NULL;

	strbuf_add_text(sb, addr_format_port(&l->local, l->local_port, local));
	if (p)
		strbuf_printf(sb, " of pid %u (%s)", p->pid, p->comm ? p->comm : "?");
}

static void sentence(struct strbuf *sb, const struct case_facts *facts, const struct inbound *in,
		     double seconds)
{
	const struct place *own = &facts->places[0];
	const struct place_socket *l = listener_of(own, facts->asked.proto);
	const char *proto = sock_proto_name((enum sock_proto)facts->asked.proto);

	if (!in->arrived) {
		strbuf_printf(sb, "Nothing arrived for %s port %u in %.0f s: whatever stops it is before "
				  "this host.", proto, facts->asked.port, seconds);
	} else if (in->reset && !l) {
		strbuf_printf(sb, "%u arrived and were answered with a reset: nothing listens on %s port "
				  "%u.", in->arrived, proto, facts->asked.port);
	} else if (in->reset) {
		strbuf_printf(sb, "%u arrived, %u were answered with a reset although there is a listener, ",
			      in->arrived, in->reset);
		add_holder(sb, own, l);
		strbuf_add_text(sb, ": its address or device does not match, or a rule rejects.");
	} else if (in->accepted) {
		strbuf_printf(sb, "%u arrived, %u were answered", in->arrived, in->accepted);
		if (l) {
			strbuf_add_text(sb, " by ");
			add_holder(sb, own, l);
		}
		strbuf_add_char(sb, '.');
	} else {
		strbuf_printf(sb, "%u arrived and got no answer: this host drops them%s.", in->arrived,
			      l ? "" : ", and nothing listens on the port");
	}
}

static void add_counters(struct strbuf *sb, const struct place *own, bool json)
{
	unsigned n = 0;

	for (size_t i = 0; i < N_ELEMENTS(telling); i++) {
		uint64_t rose = place_counter(own, telling[i]);
		if (!rose)
			continue;
		if (json)
			strbuf_printf(sb, "%s{\"name\":\"%s\",\"rose\":%" PRIu64 "}", n++ ? "," : "",
				      telling[i], rose);
		else
			strbuf_printf(sb, "  counters    %s rose by %" PRIu64 "\n", telling[i], rose);
	}
}

static void print(const struct invocation *inv, const struct case_facts *facts,
		  const struct inbound *in, double seconds)
{
	AUTO(strbuf_release) struct strbuf sb = STRBUF_INIT, says = STRBUF_INIT;
	const struct place *own = &facts->places[0];
	char text[ADDR_TEXT_SIZE];

	sentence(&says, facts, in, seconds);
	if (option_given(inv, "json") || option_given(inv, "ndjson")) {
		strbuf_printf(&sb, "{\"schema\":\"berth.inbound/1\",\"proto\":\"%s\",\"port\":%u,"
				   "\"seconds\":%.1f,\"arrived\":%u,\"repeated\":%u,\"answered\":%u,"
				   "\"reset\":%u,\"from\":[",
			      sock_proto_name((enum sock_proto)facts->asked.proto), facts->asked.port,
			      seconds, in->arrived, in->repeated, in->accepted, in->reset);
		for (unsigned i = 0; i < in->n_sources; i++)
			strbuf_printf(&sb, "%s\"%s\"", i ? "," : "", addr_format(&in->sources[i], text));
		strbuf_add_text(&sb, "],\"counters\":[");
		add_counters(&sb, own, true);
		strbuf_add_text(&sb, "],\"says\":\"");
		AUTO(strbuf_release) struct strbuf plain = STRBUF_INIT; /* a comm may hold anything */
		escape_add(&plain, says.text, says.len);
		for (const char *p = plain.text; *p; p++) {
			if (*p == '"' || *p == '\\')
				strbuf_add_char(&sb, '\\');
			strbuf_add_char(&sb, *p);
		}
		strbuf_add_text(&sb, "\"}\n");
	} else {
		escape_add(&sb, says.text, says.len);
		strbuf_add_char(&sb, '\n');
		for (unsigned i = 0; i < in->n_sources; i++)
			strbuf_printf(&sb, "  from        %s\n", addr_format(&in->sources[i], text));
		add_counters(&sb, own, false);
	}
	fwrite(sb.text, 1, sb.len, stdout);
}

int why_inbound(const struct invocation *inv, struct case_facts *facts, char **words, int n)
{
	AUTO(evidence_freep) struct evidence *evidence = NULL;
	const double seconds = option_given(inv, "timeout") ? why_timeout(inv) : 5;
	struct inbound in;
	uint64_t port;

	facts->asked.op = CASE_BIND;
	facts->asked.proto = n == 2 && !strcmp(words[0], "udp") ? SOCK_PROTO_UDP : SOCK_PROTO_TCP;
	if (n < 1 || n > 2 || (n == 2 && strcmp(words[0], "tcp") != 0 && strcmp(words[0], "udp") != 0) ||
	    !parse_u64(words[n - 1], 65535, &port) || !port)
		return usage_error(inv, "say 'inbound [tcp|udp] PORT'");
	facts->asked.port = (uint16_t)port;
	facts->asked.all_netns = false;
	if (evidence_start(facts, &evidence))
		return failure(inv, "out of memory");
	int error = inbound_watch(facts->asked.proto, facts->asked.port, seconds, &in);
	if (error)
		return failure(inv, "packets cannot be watched (%s): needs root or CAP_NET_RAW",
			       strerror(-error));
	evidence_finish(evidence, facts);
	port_holders_collect(facts);
	print(inv, facts, &in, seconds);
	return in.arrived && in.accepted ? EXIT_YES : EXIT_NO;
}
