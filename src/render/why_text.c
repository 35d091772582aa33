/* SPDX-License-Identifier: MIT */
/* Prose for people, coloured on a terminal. */
#include "render/why_text.h"
#include "base/strbuf.h"
#include "core/case.h"
#include "core/finding.h"
#include "render/prose.h"
#include "render/why_drawing.h"
#include "render/why_rules.h"
#include "render/why_words.h"

#include <stdio.h>

static void add_evidence(struct strbuf *sb, const struct prose_look *look, const struct finding *f)
{
	char from[64];

	for (unsigned i = 0; f && i < f->n_evidence; i++) {
		snprintf(from, sizeof(from), "  %-11s ", f->evidence[i].from);
		prose_line(sb, look, from, STYLE_PLAIN, f->evidence[i].what);
	}
}

static void add_cause(struct strbuf *sb, const struct prose_look *look, const struct finding *best)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_printf(&text, "%s (%s)%s%s", cause_rows[best->cause].id, certainty_of(best),
		      best->place ? ", place: " : "", best->place ? best->place : "");
	prose_line(sb, look, "  cause: ", STYLE_PLAIN, text.text);
	strbuf_release(&text);
}

static void add_unseen(struct strbuf *sb, const struct prose_look *look,
		       const struct case_facts *facts)
{
	for (size_t i = 0; i < facts->n_unseen; i++) {
		prose_line(sb, look, "Not seen: ", STYLE_QUIET, facts->unseen[i].what);
		prose_line(sb, look, "  needs: ", STYLE_QUIET, facts->unseen[i].needs);
	}
}

void why_text(struct strbuf *sb, const struct case_facts *facts, const struct findings *findings,
	      const struct prose_look *look)
{
	const struct finding *best = answer_of(facts, findings);
	const struct outcome outcome = outcome_of(facts);
	const struct finding *also[N_ALSO];
	const unsigned n = also_of(findings, also);

	strbuf_add_text(sb, look->color ? color_start(STYLE_STRONG) : "");
	prose_line(sb, look, "", outcome.ok ? STYLE_GOOD : STYLE_BAD, summary_of(facts, findings));
	if (best)
		add_cause(sb, look, best);
	why_drawing(sb, facts, look);
	add_evidence(sb, look, best);
	add_evidence(sb, look, findings->observed);
	if (facts->rules)
		why_rules_text(sb, facts->rules);
	for (unsigned i = 0; best && i < best->n_fixes; i++)
		prose_line(sb, look, i ? "            " : "What to do: ", STYLE_STRONG, best->fixes[i]);
	for (unsigned i = 0; i < n; i++)
		prose_line(sb, look, "Also: ", STYLE_PLAIN, also[i]->says ?: cause_rows[also[i]->cause].id);
	add_unseen(sb, look, facts);
}
