/* SPDX-License-Identifier: MIT */
/* The report of why inbound as prose and as JSON, schema berth.inbound/1 (docs/json.md). */
#include "commands/inbound.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/json.h"
#include "commands/command.h"
#include "commands/output.h"
#include "core/case.h"
#include "core/sock.h"
#include "diagnose/target.h"
#include "probe/inbound.h"
#include "render/why_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Counters that rise when this host throws something away that had arrived. */
static const char *const telling[] = {
	"TcpExt.ListenOverflows", "TcpExt.ListenDrops", "TcpExt.TCPMD5NotFound",
	"TcpExt.TCPMD5Unexpected", "TcpExt.TCPMinTTLDrop", "TcpExt.IPReversePathFilter",
	"TcpExt.TCPReqQFullDrop", "TcpExt.PAWSPassive", "TcpExt.TCPBacklogDrop", "Tcp.InCsumErrors",
	"Tcp.PassiveOpens", "Tcp.OutRsts", "Ip.InAddrErrors", "Ip.InDiscards", "Ip.OutNoRoutes",
	"Ip6.OutNoRoutes", "Udp.RcvbufErrors", "Udp.InCsumErrors", "Udp.NoPorts",
	"Udp6.RcvbufErrors", "Udp6.NoPorts",
};

const char *inbound_fate_word(const struct inbound_group *group)
{
	switch (group->fate) {
	case ARRIVAL_ACCEPTED:
		return group->first->ip_proto == 6 ? "accepted" : "answered";
	case ARRIVAL_HALF_OPEN:
		return "half-open";
	case ARRIVAL_RESET:
		return "reset";
	case ARRIVAL_REJECTED:
		return "rejected";
	case ARRIVAL_SILENT:
		break;
	}
	return group->delivered ? "delivered" : group->finding ? "dropped" : "unanswered";
}

static void put_evidence(struct json *json, const struct finding *f)
{
	for (unsigned i = 0; f && i < f->n_evidence; i++) {
		json_open(json, '{');
		json_put_text(json, "from", f->evidence[i].from);
		json_put_text(json, "what", f->evidence[i].what);
		json_close(json, '}');
	}
}

static void put_group(struct json *json, const struct inbound_group *g)
{
	char text[ADDR_TEXT_SIZE];

	json_line(json);
	json_open(json, '{');
	json_put_text(json, "outcome", inbound_fate_word(g));
	json_put_u64(json, "flows", g->flows);
	json_put_u64(json, "packets", g->packets);
	json_put_text(json, "from", addr_format(&g->first->src, text));
	json_put_text(json, "to", addr_format(&g->first->dst, text));
	json_put_text(json, "says", g->says);
	json_put_text(json, "cause", g->finding ? cause_rows[g->finding->cause].id : NULL);
	json_put_text(json, "certainty", g->finding ? certainty_of(g->finding) : NULL);
	json_put_text(json, "place", g->finding ? g->finding->place : NULL);
	json_key(json, "evidence");
	json_open(json, '[');
	put_evidence(json, g->finding);
	json_close(json, ']');
	json_key(json, "fix");
	json_open(json, '[');
	for (unsigned i = 0; g->finding && i < g->finding->n_fixes; i++)
		json_text(json, g->finding->fixes[i]);
	json_close(json, ']');
	json_close(json, '}');
}

static void put_counters(struct json *json, const struct place *own)
{
	json_key(json, "counters");
	json_open(json, '[');
	for (size_t i = 0; i < N_ELEMENTS(telling); i++) {
		const uint64_t rose = place_counter(own, telling[i]);
		if (!rose)
			continue;
		json_open(json, '{');
		json_put_text(json, "name", telling[i]);
		json_put_u64(json, "rose", rose);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_listeners(struct json *json, const struct place *own)
{
	char text[ADDR_TEXT_SIZE + 8];

	json_key(json, "listeners");
	json_open(json, '[');
	for (size_t i = 0; i < own->n_sockets; i++) {
		const struct place_socket *s = &own->sockets[i];
		if (!is_open_socket(s))
			continue;
		json_open(json, '{');
		json_put_text(json, "local", addr_format_port(&s->local, s->local_port, text));
		json_put_u64(json, "recv_queue", s->recv_queue);
		json_put_u64(json, "send_queue", s->send_queue);
		json_key(json, "pids");
		json_open(json, '[');
		for (unsigned k = 0; k < s->n_pids; k++)
			json_u64(json, s->pids[k]);
		json_close(json, ']');
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void print_json(struct output *output, const struct inbound_report *r)
{
	const struct case_facts *facts = r->facts;
	AUTO(json_release) struct json json;

	json_init(&json, &output->out);
	json_open(&json, '{');
	json_put_text(&json, "schema", "berth.inbound/1");
	json_put_text(&json, "proto", sock_proto_name((enum sock_proto)facts->asked.proto));
	json_put_u64(&json, "port", facts->asked.port);
	json_key(&json, "seconds");
	json_double(&json, r->seconds);
	json_put_bool(&json, "watched", r->inbound != NULL);
	json_put_u64(&json, "arrived", r->inbound ? r->inbound->packets : 0);
	json_put_u64(&json, "flows", r->n_flows);
	json_put_text(&json, "says", r->says);
	json_key(&json, "outcomes");
	json_open(&json, '[');
	for (unsigned i = 0; i < r->n_groups; i++)
		put_group(&json, &r->groups[i]);
	json_close(&json, ']');
	put_listeners(&json, &facts->places[0]);
	put_counters(&json, &facts->places[0]);
	json_key(&json, "unseen");
	json_open(&json, '[');
	for (size_t i = 0; i < facts->n_unseen; i++) {
		json_open(&json, '{');
		json_put_text(&json, "what", facts->unseen[i].what);
		json_put_text(&json, "needs", facts->unseen[i].needs);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
	json_end(&json);
}

static void add_line(struct out *out, const char *before, const char *text)
{
	AUTO(strbuf_release) struct strbuf plain = STRBUF_INIT;

	escape_add(&plain, text, strlen(text));
	out_add_text(out, before);
	out_add(out, plain.text, plain.len);
	out_add_char(out, '\n');
}

static void print_group(struct out *out, const struct inbound_group *g, bool is_only)
{
	char src[ADDR_TEXT_SIZE], dst[ADDR_TEXT_SIZE + 8], line[512];
	const struct finding *f = g->finding;

	if (!is_only)
		add_line(out, "\n", g->says);
	addr_format(&g->first->src, src);
	addr_format_port(&g->first->dst, g->first->dst_port, dst);
	snprintf(line, sizeof(line), "%u packet%s of %u flow%s from %s to %s: %s", g->packets,
		 g->packets == 1 ? "" : "s", g->flows, g->flows == 1 ? "" : "s", src, dst,
		 inbound_fate_word(g));
	add_line(out, "  packets     ", line);
	if (f) {
		snprintf(line, sizeof(line), "%s (%s)", cause_rows[f->cause].id, certainty_of(f));
		add_line(out, "  cause       ", line);
	}
	for (unsigned i = 0; f && i < f->n_evidence; i++) {
		snprintf(line, sizeof(line), "  %-11s ", f->evidence[i].from);
		add_line(out, line, f->evidence[i].what);
	}
	for (unsigned i = 0; f && i < f->n_fixes; i++)
		add_line(out, i ? "         " : "What to do: ", f->fixes[i]);
}

static void print_text(struct output *output, const struct inbound_report *r)
{
	const struct place *own = &r->facts->places[0];
	struct out *out = &output->out;
	char line[128];

	add_line(out, "", r->says);
	for (unsigned i = 0; i < r->n_groups; i++)
		print_group(out, &r->groups[i], r->n_groups == 1);
	for (size_t i = 0; i < N_ELEMENTS(telling); i++) {
		const uint64_t rose = place_counter(own, telling[i]);
		if (!rose)
			continue;
		snprintf(line, sizeof(line), "%s rose by %" PRIu64 " (the whole namespace)", telling[i], rose);
		add_line(out, "  counters    ", line);
	}
	for (size_t i = 0; i < r->facts->n_unseen; i++) {
		add_line(out, "Not seen: ", r->facts->unseen[i].what);
		add_line(out, "  needs: ", r->facts->unseen[i].needs);
	}
}

int inbound_print(const struct invocation *inv, const struct inbound_report *report, int code)
{
	struct output output;
	int error = output_open(&output, inv);

	if (!error && (output.json || output.ndjson))
		print_json(&output, report);
	else if (!error)
		print_text(&output, report);
	return output_close(&output, inv, error ? error : code);
}
