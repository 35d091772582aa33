/* SPDX-License-Identifier: MIT */
/* An answer does arrive on this host, but the waiting socket may not have it. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

/* One of our own later tries was answered: that is the answer that arrived. */
static bool probe_has_it(const struct case_facts *facts, const struct attempt *a)
{
	for (unsigned i = 0; i < facts->probes.n_side; i++) {
		const struct probe *p = &facts->probes.side[i];
		if (p->proto == a->proto && p->port == a->remote_port && p->answer == PROBE_SYN_ACK)
			return true;
	}
	return false;
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	const struct probes *probes = &facts->probes;
	char from[ADDR_TEXT_SIZE + 8], remote[ADDR_TEXT_SIZE + 8];
	struct finding *f;

	if (!a || !is_silent(a))
		return;
	remote_text(a, remote);
	if (probes->stray.seen) {
		const bool udp = a->proto == SOCK_PROTO_UDP;
		addr_format_port(&probes->stray.from, probes->stray.port, from);
		f = finding_add(to, udp ? CAUSE_UDP_REPLY_OTHER_SOURCE : CAUSE_NAT_REPLY_BYPASS,
				PROOF_KERNEL);
		finding_place(to, f, "%s", udp ? "the target" : "the way back");
		finding_says(to, f, udp ? "The answer comes from %s, not from %s: the connected socket does "
					  "not take it."
					: "The answer comes from %s, not from %s: it bypasses the address "
					  "translation on its way back, and this host refuses it.",
			     from, remote);
		finding_evidence(to, f, "packet", "%s from %s arrived for our port",
				 udp ? "a datagram" : "a SYN-ACK", from);
		finding_fix(to, f, "%s", udp ? "let the server answer from the address it was asked at "
					       "(bind it to that address, or use IP_PKTINFO)"
					     : "translate the source too (masquerade) on the translating "
					       "router, so that replies come back through it");
	}
	if (probes->answer_arrived && a->proto == SOCK_PROTO_TCP && !probe_has_it(facts, a)) {
		f = finding_add(to, CAUSE_FIREWALL_DROPS_REPLY, PROOF_FITS);
		finding_place(to, f, "this host");
		finding_says(to, f, "The answer of %s arrives on this host and is thrown away here before "
				    "the socket sees it.", remote);
		finding_evidence(to, f, "packet", "a SYN-ACK from %s arrived", remote);
		finding_fix(to, f, "look at this host's input rules: allow established connections");
	}
}

const struct rule rule_stray = {.name = "stray", .find = find};
