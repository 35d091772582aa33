/* SPDX-License-Identifier: MIT */
/* Picks and names what an answer of `berth why` shows. */
#include "render/why_words.h"
#include "core/case.h"
#include "core/finding.h"

#include <netdb.h>
#include <string.h>

static const char *gai_name(int error)
{
	switch (error) {
	case EAI_AGAIN:
		return "EAI_AGAIN";
	case EAI_NONAME:
		return "EAI_NONAME";
	case EAI_FAIL:
		return "EAI_FAIL";
	case EAI_NODATA:
		return "EAI_NODATA";
	case EAI_SYSTEM:
		return "EAI_SYSTEM";
	case EAI_MEMORY:
		return "EAI_MEMORY";
	case EAI_ADDRFAMILY:
		return "EAI_ADDRFAMILY";
	default:
		return "EAI_FAIL";
	}
}

struct outcome outcome_of(const struct case_facts *facts)
{
	const struct attempt *a = case_subject(facts);

	if (!a && facts->resolving.asked && facts->resolving.gai_error)
		return (struct outcome){.phase = PHASE_RESOLVE,
					.error = gai_name(facts->resolving.gai_error),
					.seconds = facts->resolving.seconds};
	if (!a)
		return (struct outcome){.ok = facts->asked.command != NULL};
	return (struct outcome){
		.ok = a->ok,
		.phase = a->phase,
		.error = a->ok			      ? NULL
			 : a->error		      ? strerrorname_np(a->error)
			 : a->timed_out && a->phase == PHASE_CONNECT ? "ETIMEDOUT"
						      : NULL,
		.seconds = a->seconds,
	};
}

const struct finding *answer_of(const struct case_facts *facts, const struct findings *findings)
{
	(void)facts;
	const struct finding *best = findings->n ? findings->all[0] : NULL;

	return best && best->proof > PROOF_GUESS ? best : NULL;
}

const char *summary_of(const struct case_facts *facts, const struct findings *findings)
{
	const struct finding *best = answer_of(facts, findings);

	if (best)
		return best->says;
	if (!outcome_of(facts).ok)
		return "It fails, and nothing found tells why.";
	/* A program may fail by other things than sockets. */
	return facts->asked.command ? "No socket call of the command failed." : "It works.";
}

unsigned also_of(const struct findings *findings, const struct finding **ret)
{
	unsigned n = 0;

	for (size_t i = findings->n && findings->all[0]->proof == PROOF_GUESS ? 0 : 1;
	     i < findings->n && n < N_ALSO; i++) {
		const struct finding *f = findings->all[i];
		bool known = findings->all[0]->cause == f->cause && i;
		/* what was merely seen adds nothing once it is known why */
		known = known || (cause_rows[f->cause].is_symptom &&
				  !cause_rows[findings->all[0]->cause].is_symptom &&
				  findings->all[0]->proof != PROOF_GUESS);
		for (unsigned k = 0; k < n; k++)
			known = known || ret[k]->cause == f->cause;
		if (!known)
			ret[n++] = f;
	}
	return n;
}

const char *certainty_of(const struct finding *finding)
{
	return finding_is_certain(finding) ? "certain" : "likely";
}
