/* SPDX-License-Identifier: MIT */
/* Client and server speak different protocols: one TLS, the other plain. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"
#include "diagnose/target.h"

#include <string.h>

/* A TLS record: handshake or alert, version 3.x (RFC 8446 5.1). */
static bool is_tls(const uint8_t *bytes, unsigned n)
{
	return n >= 3 && (bytes[0] == 0x16 || bytes[0] == 0x15) && bytes[1] == 0x03 && bytes[2] <= 4;
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	char remote[ADDR_TEXT_SIZE + 8];

	if (!a || a->ok || !a->connected || a->proto != SOCK_PROTO_TCP)
		return;
	const bool sent_tls = is_tls(a->first_sent, a->n_first_sent);
	/* A server that answered in plain may speak both (STARTTLS and the like). */
	const bool got_tls = is_tls(a->first_received, a->n_first_received) ||
			     (!a->n_first_received && facts->probes.speaks_tls == PROBE_TLS_YES);
	const bool got_plain = (a->n_first_received && !got_tls) ||
			       facts->probes.speaks_tls == PROBE_TLS_NO;
	if (!a->n_first_sent || (sent_tls ? !got_plain : !got_tls))
		return;
	struct finding *f = finding_add(to, CAUSE_WRONG_PROTOCOL, PROOF_SEEN);
	remote_text(a, remote);
	const struct path_hop *hop;
	const struct place *place = target_place(facts, &hop);
	const struct place_socket *l = place ? target_listener(facts) : NULL;
	finding_place(to, f, "%s", place ? place_label(to, facts, place) : "the target");
	if (l)
		add_socket_evidence(to, f, place, l);
	finding_says(to, f, sent_tls ? "The program speaks TLS, %s does not."
				     : "%s speaks TLS, the program does not.", remote);
	finding_evidence(to, f, "tls-probe", got_tls ? "%s answers a TLS ClientHello with TLS"
						     : "%s answers a TLS ClientHello with something else",
			 remote);
	finding_fix(to, f, sent_tls ? "dial the TLS port, or switch TLS off in the client"
				    : "speak TLS (https://, starttls ...) or dial the plain port");
}

const struct rule rule_protocol = {.name = "protocol", .find = find};
