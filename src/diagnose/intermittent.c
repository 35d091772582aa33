/* SPDX-License-Identifier: MIT */
/* The same connection sometimes works and sometimes does not. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	char remote[ADDR_TEXT_SIZE + 8];
	unsigned good = 0, bad = 0;

	if (!a || a->ok || facts->asked.op == CASE_BIND)
		return;
	for (size_t i = 0; i < facts->n_attempts; i++) {
		const struct attempt *b = &facts->attempts[i];
		if (b->remote_port == a->remote_port && same_host(&b->remote, &a->remote))
			b->ok ? good++ : bad++;
	}
	/* Our own repetitions tell only about the handshake, and only if made under the same rules. */
	const struct caller *c = &facts->caller;
	const bool alike = !a->connected && !facts->asked.is_signed && a->error != EPERM && a->error != EACCES &&
			   (!a->by_program || (c->same_cgroup && !c->seccomp && !c->landlocked));
	for (unsigned i = 0; i < facts->probes.n_side && alike; i++) {
		const struct probe *p = &facts->probes.side[i];
		if (p->proto == a->proto && p->port == a->remote_port && !p->other_source &&
		    (p->answer == PROBE_SYN_ACK || p->answer == PROBE_REPLY))
			good++;
	}
	if (!good)
		return;
	struct finding *f = finding_add(to, CAUSE_INTERMITTENT, PROOF_SEEN);
	remote_text(a, remote);
	finding_says(to, f, "%s works sometimes: %u of %u attempts failed.", remote, bad, good + bad);
	finding_fix(to, f, "look for several backends or workers of which one is broken, several "
			   "routes, a rate limit, or packet loss");
}

const struct rule rule_intermittent = {.name = "intermittent", .find = find};
