/* SPDX-License-Identifier: MIT */
/* Prose for people, coloured on a terminal. */
#include "render/why_text.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/case.h"
#include "core/finding.h"
#include "render/why_rules.h"
#include "render/why_words.h"

#include <string.h>

static void add_line(struct strbuf *sb, const char *before, const char *text)
{
	strbuf_add_text(sb, before);
	escape_add(sb, text, strlen(text));
	strbuf_add_char(sb, '\n');
}

static void add_evidence(struct strbuf *sb, const struct finding *f)
{
	for (unsigned i = 0; f && i < f->n_evidence; i++) {
		strbuf_printf(sb, "  %-11s ", f->evidence[i].from);
		add_line(sb, "", f->evidence[i].what);
	}
}

/* you -- 10.1.1.1 -- x -- 10.1.2.2:8080, from the rungs of the ladder. */
static void add_path(struct strbuf *sb, const struct case_facts *facts, bool colour)
{
	const struct attempt *a = case_subject(facts);
	const struct probes *probes = &facts->probes;
	const char *bad = colour ? " \033[31m\xe2\x9c\x97\033[0m " : " x ";
	const char *line = colour ? " \xe2\x94\x80\xe2\x94\x80 " : " -- ";
	char text[ADDR_TEXT_SIZE + 8];

	if (!a || !a->remote.family || facts->asked.op == CASE_BIND || !probes->n_ladder)
		return;
	strbuf_add_text(sb, "  you");
	for (unsigned i = 0; i < probes->n_ladder; i++) {
		const struct probe *p = &probes->ladder[i];
		if (p->answer != PROBE_ICMP || addr_equal(&p->icmp.from, &a->remote))
			break;
		strbuf_add_text(sb, line);
		strbuf_add_text(sb, addr_format(&p->icmp.from, text));
	}
	strbuf_add_text(sb, line);
	if (!a->ok)
		strbuf_add_text(sb, bad);
	if (!a->ok)
		strbuf_add_text(sb, line);
	strbuf_add_text(sb, addr_format_port(&a->remote, a->remote_port, text));
	strbuf_add_char(sb, '\n');
}

void why_text(struct strbuf *sb, const struct case_facts *facts, const struct findings *findings,
	      bool colour)
{
	const struct finding *best = answer_of(facts, findings);
	const struct outcome outcome = outcome_of(facts);
	const char *bold = colour ? outcome.ok ? "\033[1;32m" : "\033[1;31m" : "";
	const char *plain = colour ? "\033[0m" : "";

	strbuf_add_text(sb, bold);
	add_line(sb, "", summary_of(facts, findings));
	strbuf_add_text(sb, plain);
	if (best)
		strbuf_printf(sb, "  cause: %s (%s)%s%s\n", cause_rows[best->cause].id,
			      certainty_of(best), best->place ? ", place: " : "",
			      best->place ? best->place : "");
	add_path(sb, facts, colour);
	add_evidence(sb, best);
	add_evidence(sb, findings->observed);
	if (facts->rules)
		why_rules_text(sb, facts->rules);
	for (unsigned i = 0; best && i < best->n_fixes; i++)
		add_line(sb, i ? "         " : "What to do: ", best->fixes[i]);
	const struct finding *also[N_ALSO];
	unsigned n = also_of(findings, also);
	for (unsigned i = 0; i < n; i++)
		add_line(sb, "Also: ", also[i]->says ? also[i]->says : cause_rows[also[i]->cause].id);
	for (size_t i = 0; i < facts->n_unseen; i++) {
		add_line(sb, "Not seen: ", facts->unseen[i].what);
		add_line(sb, "  needs: ", facts->unseen[i].needs);
	}
}
