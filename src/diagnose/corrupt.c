/* SPDX-License-Identifier: MIT */
/* Packets arrive damaged: checksum errors were counted while we tried. */
#include "core/sock.h"
#include "diagnose/drops.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <inttypes.h>

static void find(const struct case_facts *facts, struct findings *to)
{
	static const char *const tcp[] = {"Tcp.InCsumErrors", "Ip.InHdrErrors"};
	static const char *const udp[] = {"Udp.InCsumErrors", "Udp6.InCsumErrors"};
	const struct attempt *a = case_subject(facts);

	if (!a || a->ok || (!is_silent(a) && !(a->connected && a->timed_out)))
		return;
	for (size_t i = 0; i < facts->n_places; i++) {
		const struct place *place = &facts->places[i];
		const char *name = a->proto == SOCK_PROTO_UDP
					   ? place_counter(place, udp[0]) ? udp[0] : udp[1]
					   : tcp[0];
		const uint64_t n = place_counter(place, name);
		if (!n)
			continue;
		const struct kernel_event *drop = find_drop(facts, place->netns, NULL, "TCP_CSUM") ?:
						  find_drop(facts, place->netns, NULL, "UDP_CSUM");
		struct finding *f = finding_add(to, CAUSE_CHECKSUM_CORRUPT, PROOF_KERNEL);
		if (f) /* the counter is one for all connections */
			f->inferred = !drop;
		finding_place(to, f, "%s", place_label(to, facts, place));
		finding_says(to, f, "Packets arrive damaged: %" PRIu64 " had wrong checksums while we tried.",
			     n);
		finding_evidence(to, f, "counters", "%s rose by %" PRIu64, name, n);
		if (drop)
			drop_evidence(to, f, drop);
		finding_fix(to, f, "look for a broken link or card, or an offload that computes wrong "
				   "checksums (ethtool -K ... tx off)");
		if (f)
			f->order = (unsigned)i;
		return;
	}
}

const struct rule rule_corrupt = {.name = "corrupt", .find = find};
