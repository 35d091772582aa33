/* SPDX-License-Identifier: MIT */
/* A refused connection, as far as the answer itself tells who refused it. */
#include "diagnose/rule.h"
#include "core/sock.h"

#include <errno.h>

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);

	if (!a || a->ok || a->error != ECONNREFUSED || a->phase != PHASE_CONNECT || a->n_icmps)
		return;
	char remote[ADDR_TEXT_SIZE + 8];
	addr_format_port(&a->remote, a->remote_port, remote);
	struct finding *f = finding_add(to, CAUSE_REFUSED, PROOF_SEEN);
	finding_says(to, f, "%s refuses the connection.", remote);
	finding_evidence(to, f, "connect", "ECONNREFUSED after %.3f s", a->seconds);
}

const struct rule rule_refused = {.name = "refused", .find = find};
