/* SPDX-License-Identifier: MIT */
/* Writes schema berth.why/1, one member a line, so that a shell script can pick one. */
#include "render/why_json.h"
#include "base/json.h"
#include "core/case.h"
#include "core/finding.h"
#include "core/sock.h"
#include "render/why_rules.h"
#include "render/why_words.h"

#include <string.h>

static void begin_line(struct json *json)
{
	json_line(json);
	out_add_char(json->out, ' ');
}

static void put_line(struct json *json, const char *key, const char *text)
{
	begin_line(json);
	json_put_text(json, key, text);
}

static void put_list(struct json *json, const char *key, const char *const *texts, unsigned n)
{
	json_key(json, key);
	json_open(json, '[');
	for (unsigned i = 0; i < n; i++)
		json_text(json, texts[i]);
	json_close(json, ']');
}

static void put_asked(struct json *json, const struct asked *asked)
{
	char text[ADDR_TEXT_SIZE + 8];
	unsigned n = 0;

	json_key(json, "asked");
	json_open(json, '{');
	json_put_text(json, "op", asked->op == CASE_BIND ? "bind" : "connect");
	json_put_text(json, "proto", sock_proto_name((enum sock_proto)asked->proto));
	json_put_text(json, "target", asked->target);
	if (asked->bind_addr.family || asked->bind_port)
		json_put_text(json, "bind", addr_format_port(&asked->bind_addr, asked->bind_port, text));
	if (asked->device)
		json_put_text(json, "device", asked->device);
	if (asked->ttl)
		json_put_u64(json, "ttl", (uint64_t)asked->ttl);
	if (asked->mark)
		json_put_u64(json, "mark", asked->mark);
	if (asked->uid >= 0)
		json_put_u64(json, "uid", (uint64_t)asked->uid);
	while (asked->command && asked->command[n])
		n++;
	if (asked->command)
		put_list(json, "command", asked->command, n);
	json_close(json, '}');
}

static void put_outcome(struct json *json, const struct outcome *outcome)
{
	json_key(json, "outcome");
	json_open(json, '{');
	json_put_bool(json, "ok", outcome->ok);
	json_put_text(json, "phase",
		      outcome->phase == PHASE_NONE ? NULL : attempt_phase_name(outcome->phase));
	json_put_text(json, "errno", outcome->error);
	json_key(json, "seconds");
	json_double(json, outcome->seconds);
	json_close(json, '}');
}

/* The address as a program sees it that blocks, and how long it would be kept. */
static void put_blocking(struct json *json, const struct attempt *a)
{
	const struct blocking_seen *b = &a->blocking;

	json_key(json, "blocking");
	json_open(json, '{');
	json_put_bool(json, "ok", b->made && !b->waits && !b->error);
	json_put_bool(json, "waits", b->waits);
	json_put_text(json, "errno", b->error ? strerrorname_np(b->error) : NULL);
	json_key(json, "seconds");
	json_double(json, b->seconds);
	json_key(json, "gives_up_after");
	if (a->gives_up_seconds > 0)
		json_double(json, a->gives_up_seconds);
	else
		json_null(json);
	json_close(json, '}');
}

static void put_evidence(struct json *json, const struct finding *f)
{
	for (unsigned i = 0; f && i < f->n_evidence; i++) {
		begin_line(json);
		json_open(json, '{');
		json_put_text(json, "from", f->evidence[i].from);
		json_put_text(json, "what", f->evidence[i].what);
		json_close(json, '}');
	}
}

static void put_also(struct json *json, const struct findings *findings)
{
	const struct finding *also[N_ALSO];
	const unsigned n = also_of(findings, also);

	json_key(json, "also");
	json_open(json, '[');
	for (unsigned i = 0; i < n; i++) {
		json_open(json, '{');
		json_put_text(json, "cause", cause_rows[also[i]->cause].id);
		json_put_text(json, "certainty", certainty_of(also[i]));
		json_put_text(json, "place", also[i]->place);
		json_put_text(json, "says", also[i]->says);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_finding(struct json *json, const struct finding *best, bool ok, const char *says)
{
	put_line(json, "cause", best ? cause_rows[best->cause].id : ok ? NULL : "unknown");
	put_line(json, "place", best ? best->place : NULL);
	put_line(json, "certainty", best ? certainty_of(best) : ok ? "certain" : "unknown");
	put_line(json, "says", says);
}

static void put_unseen(struct json *json, const struct case_facts *facts)
{
	json_key(json, "unseen");
	json_open(json, '[');
	for (size_t i = 0; i < facts->n_unseen; i++) {
		json_open(json, '{');
		json_put_text(json, "what", facts->unseen[i].what);
		json_put_text(json, "needs", facts->unseen[i].needs);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void why_json(struct json *json, const struct case_facts *facts, const struct findings *findings)
{
	const struct finding *best = answer_of(facts, findings);
	const struct outcome outcome = outcome_of(facts);
	const struct attempt *subject = case_subject(facts);

	json_open(json, '{');
	json_put_text(json, "schema", "berth.why/1");
	begin_line(json);
	put_asked(json, &facts->asked);
	begin_line(json);
	put_outcome(json, &outcome);
	if (subject && subject->blocking.made) {
		begin_line(json);
		put_blocking(json, subject);
	}
	put_finding(json, best, outcome.ok, summary_of(facts, findings));
	begin_line(json);
	json_key(json, "evidence");
	json_open(json, '[');
	put_evidence(json, best);
	put_evidence(json, findings->observed);
	json_close(json, ']');
	begin_line(json);
	put_list(json, "fix", best ? best->fixes : NULL, best ? best->n_fixes : 0);
	begin_line(json);
	put_also(json, findings);
	if (facts->rules) {
		begin_line(json);
		json_key(json, "rules");
		why_rules_json(json, facts->rules);
	}
	begin_line(json);
	put_unseen(json, facts);
	json_close(json, '}');
	json_end(json);
}
