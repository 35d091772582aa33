/* SPDX-License-Identifier: MIT */
/* What both forms of the answer of `berth why` share: outcome, certainty, choice of findings. */
#ifndef BERTH_RENDER_WHY_WORDS_H
#define BERTH_RENDER_WHY_WORDS_H

#include <stdbool.h>

#include "core/attempt.h"

struct case_facts;
struct finding;
struct findings;

enum { N_ALSO = 3 };

struct outcome {
	bool ok;
	enum attempt_phase phase; /* PHASE_NONE: nothing was tried */
	const char *error;	  /* "ETIMEDOUT", "EAI_AGAIN"; NULL: none */
	double seconds;
};

struct outcome outcome_of(const struct case_facts *facts);
/* The finding that is the answer, or NULL. */
const struct finding *answer_of(const struct case_facts *facts, const struct findings *findings);
/* The answer in one sentence. */
const char *summary_of(const struct case_facts *facts, const struct findings *findings);
/* Up to N_ALSO further causes that stand beside it; returns how many. */
unsigned also_of(const struct findings *findings, const struct finding **ret);
const char *certainty_of(const struct finding *finding);

#endif
