/* SPDX-License-Identifier: MIT */
/* Writes schema berth.why/1. */
#include "render/why_json.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/case.h"
#include "core/finding.h"
#include "core/sock.h"
#include "render/why_rules.h"
#include "render/why_words.h"

#include <string.h>

/* Text from outside may hold anything: made printable first, then quoted. */
static void add_string(struct strbuf *sb, const char *text)
{
	struct strbuf plain = STRBUF_INIT;

	escape_add(&plain, text, strlen(text));
	strbuf_add_char(sb, '"');
	for (const char *p = plain.text; *p; p++) {
		if (*p == '"' || *p == '\\')
			strbuf_add_char(sb, '\\');
		strbuf_add_char(sb, *p);
	}
	strbuf_add_char(sb, '"');
	strbuf_release(&plain);
}

static void add_member(struct strbuf *sb, const char *key, const char *text)
{
	strbuf_printf(sb, "\"%s\":", key);
	if (text)
		add_string(sb, text);
	else
		strbuf_add_text(sb, "null");
}

static void add_asked(struct strbuf *sb, const struct case_facts *facts)
{
	const struct asked *asked = &facts->asked;
	char text[ADDR_TEXT_SIZE + 8];

	strbuf_printf(sb, "{\"op\":\"%s\",\"proto\":\"%s\",",
		      asked->op == CASE_BIND ? "bind" : "connect",
		      sock_proto_name((enum sock_proto)asked->proto));
	add_member(sb, "target", asked->target);
	if (asked->bind_addr.family || asked->bind_port) {
		strbuf_add_char(sb, ',');
		add_member(sb, "bind", addr_format_port(&asked->bind_addr, asked->bind_port, text));
	}
	if (asked->device) {
		strbuf_add_char(sb, ',');
		add_member(sb, "device", asked->device);
	}
	if (asked->ttl)
		strbuf_printf(sb, ",\"ttl\":%d", asked->ttl);
	if (asked->mark)
		strbuf_printf(sb, ",\"mark\":%u", asked->mark);
	if (asked->uid >= 0)
		strbuf_printf(sb, ",\"uid\":%u", (unsigned)asked->uid);
	if (asked->command) {
		strbuf_add_text(sb, ",\"command\":[");
		for (unsigned i = 0; asked->command[i]; i++) {
			strbuf_add_text(sb, i ? "," : "");
			add_string(sb, asked->command[i]);
		}
		strbuf_add_char(sb, ']');
	}
	strbuf_add_char(sb, '}');
}

static void add_outcome(struct strbuf *sb, const struct case_facts *facts)
{
	struct outcome outcome = outcome_of(facts);

	strbuf_printf(sb, "{\"ok\":%s,\"phase\":", outcome.ok ? "true" : "false");
	if (outcome.phase == PHASE_NONE)
		strbuf_add_text(sb, "null");
	else
		add_string(sb, attempt_phase_name(outcome.phase));
	strbuf_add_char(sb, ',');
	add_member(sb, "errno", outcome.error);
	strbuf_printf(sb, ",\"seconds\":%.3f}", outcome.seconds);
}

static void add_evidence(struct strbuf *sb, const struct finding *f, bool *first)
{
	for (unsigned i = 0; f && i < f->n_evidence; i++) {
		strbuf_add_text(sb, *first ? "" : ",\n  ");
		strbuf_add_char(sb, '{');
		add_member(sb, "from", f->evidence[i].from);
		strbuf_add_char(sb, ',');
		add_member(sb, "what", f->evidence[i].what);
		strbuf_add_char(sb, '}');
		*first = false;
	}
}

static void add_also(struct strbuf *sb, const struct findings *findings)
{
	const struct finding *also[N_ALSO];
	unsigned n = also_of(findings, also);

	for (unsigned i = 0; i < n; i++) {
		strbuf_add_text(sb, i ? ",{" : "{");
		add_member(sb, "cause", cause_rows[also[i]->cause].id);
		strbuf_add_char(sb, ',');
		add_member(sb, "certainty", certainty_of(also[i]));
		strbuf_add_char(sb, ',');
		add_member(sb, "place", also[i]->place);
		strbuf_add_char(sb, ',');
		add_member(sb, "says", also[i]->says);
		strbuf_add_char(sb, '}');
	}
}

static void add_finding(struct strbuf *sb, const struct case_facts *facts,
			const struct findings *findings)
{
	const struct finding *best = answer_of(facts, findings);
	bool first = true;

	add_member(sb, "cause", best ? cause_rows[best->cause].id : outcome_of(facts).ok ? NULL : "unknown");
	strbuf_add_text(sb, ",\n ");
	add_member(sb, "place", best ? best->place : NULL);
	strbuf_add_text(sb, ",\n ");
	add_member(sb, "certainty", best ? certainty_of(best) : outcome_of(facts).ok ? "certain" : "unknown");
	strbuf_add_text(sb, ",\n ");
	add_member(sb, "says", summary_of(facts, findings));
	strbuf_add_text(sb, ",\n \"evidence\":[");
	add_evidence(sb, best, &first);
	add_evidence(sb, findings->observed, &first);
	strbuf_add_text(sb, "],\n \"fix\":[");
	for (unsigned i = 0; best && i < best->n_fixes; i++) {
		strbuf_add_text(sb, i ? "," : "");
		add_string(sb, best->fixes[i]);
	}
	strbuf_add_text(sb, "],\n \"also\":[");
	add_also(sb, findings);
	strbuf_add_text(sb, "]");
}

void why_json(struct strbuf *sb, const struct case_facts *facts, const struct findings *findings)
{
	strbuf_add_text(sb, "{\"schema\":\"berth.why/1\",\n \"asked\":");
	add_asked(sb, facts);
	strbuf_add_text(sb, ",\n \"outcome\":");
	add_outcome(sb, facts);
	strbuf_add_text(sb, ",\n ");
	add_finding(sb, facts, findings);
	if (facts->rules) {
		strbuf_add_text(sb, ",\n \"rules\":");
		why_rules_json(sb, facts->rules);
	}
	strbuf_add_text(sb, ",\n \"unseen\":[");
	for (size_t i = 0; i < facts->n_unseen; i++) {
		strbuf_add_text(sb, i ? ",{" : "{");
		add_member(sb, "what", facts->unseen[i].what);
		strbuf_add_char(sb, ',');
		add_member(sb, "needs", facts->unseen[i].needs);
		strbuf_add_char(sb, '}');
	}
	strbuf_add_text(sb, "]}\n");
}
