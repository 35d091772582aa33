/* SPDX-License-Identifier: MIT */
/* The list of rules and running them all. */
#include "diagnose/rule.h"
#include "diagnose/observed.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

/* +1: a rule is its file with the row, and one line here. */
#define RULES(X)                                                                                   \
	X(refused)    \
	X(silent)     \
	X(icmp)

#define DECLARE(name) extern const struct rule rule_##name;
RULES(DECLARE)
#undef DECLARE

#define ROW(name) &rule_##name,
const struct rule *const rules[] = {RULES(ROW) NULL};
#undef ROW

const char *place_label(struct findings *to, const struct case_facts *facts,
			const struct place *place)
{
	if (!place)
		return NULL;
	if (place->is_self && !facts->asked.all_netns)
		return "this host";
	if (place->name)
		return arena_printf(&to->arena, "netns %s (%" PRIu64 ")", place->name, place->netns);
	return arena_printf(&to->arena, "netns %" PRIu64, place->netns);
}

void diagnose(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *subject = case_subject(facts);

	observe(facts, to);
	if (subject && subject->ok)
		return;
	for (size_t i = 0; rules[i]; i++)
		rules[i]->find(facts, to);
	findings_rank(to);
}
