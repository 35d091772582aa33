/* SPDX-License-Identifier: MIT */
/* A connection refused by a reset: who sent it, as far as its distance tells. */
#include "base/auto.h"
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>

/* Routers between a sender and us, from the TTL its packet arrived with; systems start at these. */
static int routers_crossed(uint8_t ttl)
{
	static const int starts[] = {64, 128, 255};

	for (unsigned i = 0; i < N_ELEMENTS(starts); i++)
		if (ttl <= starts[i])
			return starts[i] - ttl;
	return 0;
}

/* Hops that said "time exceeded" before the flow was answered. */
static int routers_seen(const struct probes *probes)
{
	int n = 0;

	for (unsigned i = 0; i < probes->n_ladder && probes->ladder[i].answer == PROBE_ICMP; i++)
		n++;
	return n;
}

static void name_answerer(const struct case_facts *facts, const struct attempt *a,
			  const char *remote, struct findings *to)
{
	const struct probes *probes = &facts->probes;
	const int crossed = routers_crossed(probes->reset_ttl);
	const int seen = routers_seen(probes);
	const int host = probes->host_ttl ? routers_crossed(probes->host_ttl) : -1;
	const bool nearer_than_host = host >= 0 && crossed < host;
	const bool nearer_than_path = host < 0 && probes->host_hops && crossed < seen;

	if (nearer_than_host || nearer_than_path) {
		struct finding *f = finding_add(to, CAUSE_REFUSED_BY_MIDDLEBOX, PROOF_SEEN);
		char hop[ADDR_TEXT_SIZE] = "this host or the first hop";
		if (crossed > 0 || seen > 0) {
			const struct probe *p = &probes->ladder[crossed < (int)probes->n_ladder ? crossed : 0];
			if (p->answer == PROBE_ICMP)
				addr_format(&p->icmp.from, hop);
		}
		if (f)
			f->inferred = !nearer_than_host; /* only counted, not compared */
		finding_place(to, f, "at %s", hop);
		finding_says(to, f,
			     "Something nearer than %s refuses the connection in its name: the reset "
			     "has crossed %d routers, the host is %d away.",
			     remote, crossed, nearer_than_host ? host : seen);
		finding_fix(to, f, "look for a rule that rejects with a TCP reset at %s", hop);
		return;
	}
	struct finding *f = finding_add(to, CAUSE_REFUSED_BY_TARGET, PROOF_SEEN);
	if (f) /* no other answer of the host to compare its distance with */
		f->inferred = host < 0 && !is_own_address(facts, &a->remote);
	finding_place(to, f, "the target");
	finding_says(to, f,
		     "%s itself refuses: the host answers, but nothing listens on tcp port %u there, or "
		     "its own firewall rejects.",
		     remote, a->remote_port);
	finding_fix(to, f, "on the target, see what listens: berth who %u/tcp", a->remote_port);
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	char remote[ADDR_TEXT_SIZE + 8];

	if (!a || !is_reset_refused(a))
		return;
	remote_text(a, remote);
	struct finding *f = finding_add(to, CAUSE_REFUSED, PROOF_SEEN);
	finding_says(to, f, "%s refuses the connection.", remote);
	if (is_own_address(facts, &a->remote) || facts->probes.reset_ttl)
		name_answerer(facts, a, remote, to);
}

const struct rule rule_refused = {.name = "refused", .find = find};
