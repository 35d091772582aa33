/* SPDX-License-Identifier: MIT */
/* The smallest scenario that still shows the disagreement: drop lines, then options. */
#include <string.h>

#include "compare.h"

/* The kernel rolls dice, so a cut is tried a few times before it is called harmless. */
static bool differs(struct execution *run, struct lab *lab, const struct terms *terms,
		    const struct scenario *scenario)
{
	struct comparison result = {.script = STRBUF_INIT};

	if (!scenario_makes_sense(scenario))
		return false;
	for (int tries = 0; tries < 4; tries++) {
		compare(run, lab, scenario, terms, &result);
		if (result.dirty && compare_new_lab(lab))
			return false;
		if (result.verdict == LINES_DIFFER)
			return true;
	}
	return false;
}

static struct scenario cut(const struct scenario *from, size_t at, size_t len)
{
	struct scenario smaller = *from;

	memmove(&smaller.ops[at], &from->ops[at + len], (from->n - at - len) * sizeof(from->ops[0]));
	smaller.n -= len;
	return smaller;
}

/* The laboratory keeps its addresses, so the library must keep hearing of them. */
static bool has_address(const struct scenario *scenario, size_t at, size_t len)
{
	for (size_t i = at; i < at + len; i++)
		if (scenario->ops[i].kind == OP_HOST_ADDRESS)
			return true;
	return false;
}

static bool shrink_lines(struct execution *run, struct lab *lab, const struct terms *terms,
			 struct scenario *scenario)
{
	bool smaller = false;

	for (size_t len = 4; len; len /= 2)
		for (size_t at = scenario->n; at-- > 0;) {
			struct scenario candidate;
			if (at + len > scenario->n || has_address(scenario, at, len))
				continue;
			candidate = cut(scenario, at, len);
			if (!differs(run, lab, terms, &candidate))
				continue;
			*scenario = candidate;
			smaller = true;
		}
	return smaller;
}

static bool shrink_options(struct execution *run, struct lab *lab, const struct terms *terms,
			   struct scenario *scenario)
{
	bool smaller = false;

	for (size_t i = 0; i < scenario->n; i++) {
		if (scenario->ops[i].kind == OP_SET || scenario->ops[i].kind == OP_DELIVER)
			continue;
		for (uint16_t option = 1; option; option <<= 1) {
			struct scenario candidate = *scenario;
			candidate.ops[i].options &= (uint16_t)~option;
			if (!(scenario->ops[i].options & option) ||
			    !differs(run, lab, terms, &candidate))
				continue;
			*scenario = candidate;
			smaller = true;
		}
		if (scenario->ops[i].value && scenario->ops[i].kind >= OP_SOCKET) {
			struct scenario candidate = *scenario;
			candidate.ops[i].value = 0;
			if (differs(run, lab, terms, &candidate)) {
				*scenario = candidate;
				smaller = true;
			}
		}
	}
	return smaller;
}

void shrink(struct execution *run, struct lab *lab, const struct terms *terms,
	    struct scenario *scenario)
{
	struct comparison result = {.script = STRBUF_INIT};

	compare(run, lab, scenario, terms, &result);
	if (result.dirty && compare_new_lab(lab))
		return;
	if (result.verdict == LINES_DIFFER)
		scenario->n = result.line + 1;
	for (int rounds = 0; rounds < 4; rounds++) {
		bool smaller = shrink_lines(run, lab, terms, scenario);
		if (!shrink_options(run, lab, terms, scenario) && !smaller)
			return;
	}
}
