/* SPDX-License-Identifier: MIT */
/* Puts the kernel's trace of our packet through nftables into words: what happened, whatever it means. */
#include "diagnose/rule.h"

#include <string.h>

enum { MAX_SHOWN = 14 };

static const char *step_text(const struct firewall_step *s, struct findings *to)
{
	if (s->kind == STEP_POLICY)
		return arena_printf(&to->arena, "policy of table %s %s chain %s: %s", s->family,
				    s->table, s->chain, s->verdict);
	if (s->kind == STEP_RETURN)
		return arena_printf(&to->arena, "end of table %s %s chain %s: %s", s->family, s->table,
				    s->chain, s->verdict);
	return arena_printf(&to->arena, "table %s %s chain %s handle %llu%s%s: %s", s->family, s->table,
			    s->chain, (unsigned long long)s->handle, s->text ? ": " : "",
			    s->text ? s->text : "", s->verdict);
}

/* "continue" says only that a counter or mark was passed; of a long way the end counts. */
static bool is_telling(const struct firewall_step *s)
{
	return s->drops || s->kind == STEP_RULE || (s->kind == STEP_POLICY);
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct firewall_trace *trace = &facts->trace;
	unsigned shown = 0;
	bool dropped = false;

	if (trace->state == TRACE_NO_TABLES)
		finding_evidence(to, to->observed, "nft-trace",
				 "there are no nftables rules on the way that could be traced");
	if (trace->state != TRACE_DONE)
		return;
	for (size_t i = 0; i < trace->n_steps; i++) {
		const struct firewall_step *s = &trace->steps[i];
		dropped |= s->drops;
		if (!is_telling(s) || (shown >= MAX_SHOWN && !s->drops))
			continue;
		shown++;
		finding_evidence(to, to->observed, "nft-trace", "%s in %s, %s",
				 s->direction == EVENT_REVERSE ? "the answer" : "our packet",
				 place_label(to, facts, &facts->places[s->place]), step_text(s, to));
	}
	if (!trace->n_steps)
		finding_evidence(to, to->observed, "nft-trace", "our packet met no nftables chain");
	else if (!dropped)
		finding_evidence(to, to->observed, "nft-trace",
				 "no nftables rule drops our packet where it was traced");
}

const struct rule rule_traced = {.name = "traced", .find = find};
