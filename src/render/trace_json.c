/* SPDX-License-Identifier: MIT */
/* berth.trace/1: additions only. */
#include "render/trace_json.h"
#include "base/json.h"
#include "core/case.h"
#include "core/sock.h"
#include "render/trace_text.h"

static void put_addr(struct json *json, const char *key, const struct addr *addr)
{
	char text[ADDR_TEXT_SIZE];

	if (addr->family)
		json_put_text(json, key, addr_format(addr, text));
}

static void put_ms(struct json *json, const char *key, double seconds)
{
	json_key(json, key);
	json_double(json, seconds * 1000);
}

static const char *answer_name(const struct trace_hop *hop)
{
	switch (hop->answer) {
	case PROBE_SYN_ACK:
		return "open";
	case PROBE_RESET:
		return "refused";
	case PROBE_REPLY:
		return "reply";
	case PROBE_LOCAL_ERROR:
		return "not-sent";
	case PROBE_ICMP:
		return "icmp";
	case PROBE_SILENT:
	case PROBE_NOT_SENT:
		break;
	}
	return NULL;
}

static void put_hop(struct json *json, const struct trace_hop *hop, const char *name)
{
	char text[ADDR_TEXT_SIZE];

	json_line(json);
	json_open(json, '{');
	json_put_u64(json, "ttl", hop->ttl);
	put_addr(json, "from", &hop->from);
	if (name)
		json_put_text(json, "name", name);
	json_put_u64(json, "sent", hop->n_sent);
	json_put_u64(json, "answered", hop->n_answers);
	json_key(json, "loss");
	json_double(json, hop->n_sent ? 1 - (double)hop->n_answers / hop->n_sent : 0);
	if (hop->n_answers) {
		put_ms(json, "best_ms", hop->best_s);
		put_ms(json, "mean_ms", hop->sum_s / hop->n_answers);
		put_ms(json, "worst_ms", hop->worst_s);
		json_put_text(json, "answer", answer_name(hop));
	}
	if (hop->n_answers && hop->answer == PROBE_ICMP) {
		json_key(json, "icmp");
		json_open(json, '[');
		json_u64(json, hop->icmp.type);
		json_u64(json, hop->icmp.code);
		json_close(json, ']');
	}
	if (hop->n_others) {
		json_key(json, "others");
		json_open(json, '[');
		for (unsigned i = 0; i < hop->n_others; i++)
			json_text(json, addr_format(&hop->others[i], text));
		json_close(json, ']');
	}
	put_addr(json, "other_flow", &hop->other_flow);
	json_put_bool(json, "target", hop->is_target);
	json_put_bool(json, "forwards", hop->forwards);
	json_close(json, '}');
}

static void put_mtus(struct json *json, const struct trace *trace)
{
	json_key(json, "mtu");
	json_open(json, '[');
	for (unsigned i = 0; i < trace->n_mtus; i++) {
		const struct trace_mtu *step = &trace->mtus[i];
		const bool hole = trace->mtu_hole && i + 1 == trace->n_mtus;
		json_open(json, '{');
		json_put_u64(json, "bytes", step->mtu);
		put_addr(json, "said_by", &step->from);
		if (step->ttl)
			json_put_u64(json, "hop", step->ttl);
		json_put_bool(json, "silent", hole);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void trace_json(struct json *json, const struct trace *trace, const struct trace_names *names,
		const struct asked *asked)
{
	struct strbuf says = STRBUF_INIT;
	char text[ADDR_TEXT_SIZE + 8];

	trace_sentence(&says, trace, asked);
	json_open(json, '{');
	json_put_text(json, "schema", "berth.trace/1");
	json_put_text(json, "target", asked->proto == SOCK_PROTO_ICMP
					      ? addr_format(&asked->addr, text)
					      : addr_format_port(&asked->addr, asked->port, text));
	json_put_text(json, "proto", sock_proto_name((enum sock_proto)asked->proto));
	put_addr(json, "source", &trace->source);
	json_put_u64(json, "source_port", trace->source_port);
	json_put_bool(json, "one_flow", trace->one_flow);
	json_key(json, "hops");
	json_open(json, '[');
	for (unsigned i = trace->first; i < trace->n; i++)
		put_hop(json, &trace->hops[i], names->of[i]);
	json_close(json, ']');
	put_mtus(json, trace);
	json_put_bool(json, "reached", trace->reached);
	if (trace->impostor_ttl)
		put_addr(json, "answered_at", &trace->impostor);
	json_put_text(json, "says", says.text);
	json_key(json, "unseen");
	json_open(json, '[');
	json_close(json, ']');
	json_close(json, '}');
	json_end(json);
	strbuf_release(&says);
}
