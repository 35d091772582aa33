/* SPDX-License-Identifier: MIT */
/* A rule: facts in, findings out. Pure; a rule whose facts are missing adds nothing. */
#ifndef BERTH_DIAGNOSE_RULE_H
#define BERTH_DIAGNOSE_RULE_H

#include "core/case.h"
#include "core/finding.h"

struct rule {
	const char *name;
	void (*find)(const struct case_facts *facts, struct findings *to);
};

extern const struct rule *const rules[]; /* ends with NULL */

/* Run every rule and rank: .all[0] is the answer if .n > 0. Nothing is found when all is well. */
void diagnose(const struct case_facts *facts, struct findings *to);

/* "netns web (4026532201)" or "this host"; for finding_place(). Static constant or arena text. */
const char *place_label(struct findings *to, const struct case_facts *facts,
			const struct place *place);

#endif
