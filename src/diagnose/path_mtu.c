/* SPDX-License-Identifier: MIT */
/* Small packets pass, large ones vanish without a word. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	char remote[ADDR_TEXT_SIZE + 8];

	if (!a || !is_after_connect(a) || !facts->probes.path_mtu)
		return;
	struct finding *f = finding_add(to, CAUSE_PATH_MTU_BLACKHOLE, PROOF_SEEN);
	remote_text(a, remote);
	finding_place(to, f, "on the path");
	finding_says(to, f,
		     "Packets of more than %u bytes to %s vanish: a link on the path has a smaller MTU, "
		     "and the ICMP message that says so is filtered.",
		     facts->probes.path_mtu, remote);
	finding_evidence(to, f, "mtu-probe", "datagrams of %u bytes are answered, of %u bytes not",
			 facts->probes.path_mtu, facts->probes.path_mtu + 1);
	finding_fix(to, f, "let ICMP 'fragmentation needed' / 'packet too big' through on the path");
	finding_fix(to, f, "or clamp the MSS: nft add rule ... tcp option maxseg size set rt mtu");
	finding_fix(to, f, "or set the MTU of the outgoing route to %u", facts->probes.path_mtu);
}

const struct rule rule_path_mtu = {.name = "path-mtu", .find = find};
