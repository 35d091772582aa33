/* SPDX-License-Identifier: MIT */
/* The answer comes, but later than the program waits for it. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	char remote[ADDR_TEXT_SIZE + 8];
	double slowest = 0;

	if (!a || !is_silent(a) || !a->by_program || a->proto != SOCK_PROTO_TCP)
		return;
	for (unsigned i = 0; i < facts->probes.n_side; i++) {
		const struct probe *p = &facts->probes.side[i];
		if (p->proto == a->proto && p->port == a->remote_port && p->seconds > slowest &&
		    (p->answer == PROBE_SYN_ACK || p->answer == PROBE_RESET))
			slowest = p->seconds;
	}
	struct finding *f;
	if (slowest && a->fast_open) {
		f = finding_add(to, CAUSE_TCP_FEATURE_BLOCKED, PROOF_FITS);
		remote_text(a, remote);
		finding_place(to, f, "on the path");
		finding_says(to, f, "%s answers a plain SYN, but not the program's SYN with data (TCP Fast "
				    "Open): something on the path drops it.", remote);
		finding_evidence(to, f, "side-probe", "without Fast Open the handshake takes %.3f s", slowest);
		finding_fix(to, f, "switch TCP Fast Open off: sysctl net.ipv4.tcp_fastopen=0");
		return;
	}
	if (slowest && facts->asked.is_signed) {
		f = finding_add(to, CAUSE_MD5_SIGNATURE_MISMATCH, PROOF_FITS);
		remote_text(a, remote);
		finding_place(to, f, "the target");
		finding_says(to, f, "%s answers a plain SYN, but not the program's, which is signed (TCP MD5 "
				    "or AO): it has no such key.", remote);
		finding_evidence(to, f, "side-probe", "without a signature the handshake takes %.3f s",
				 slowest);
		finding_fix(to, f, "give the service the same key (TCP_MD5SIG), or take it out of the "
				   "program");
		return;
	}
	if (slowest < a->seconds)
		return;
	f = finding_add(to, CAUSE_SLOW_HANDSHAKE, PROOF_SEEN);
	remote_text(a, remote);
	finding_says(to, f, "%s answers, but only after %.1f s; the program waits %.1f s.", remote,
		     slowest, a->seconds);
	finding_evidence(to, f, "side-probe", "the same handshake took us %.3f s", slowest);
	finding_fix(to, f, "give the program a longer connect timeout, or find what delays the path");
}

const struct rule rule_slow = {.name = "slow", .find = find};
