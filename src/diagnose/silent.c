/* SPDX-License-Identifier: MIT */
/* Nobody answers: how far the packets come, and whether the host lives. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <linux/neighbour.h>

static const char *proto_name(const struct attempt *a)
{
	return sock_proto_name((enum sock_proto)a->proto);
}

static void dropped_locally(const struct case_facts *facts, const char *remote,
			    struct findings *to)
{
	struct finding *f = finding_add(to, CAUSE_DROPPED_LOCALLY, PROOF_SEEN);

	finding_place(to, f, "this host");
	finding_says(to, f,
		     "This host's own kernel throws the packets to %s away before they leave: "
		     "sending failed %u times.",
		     remote, facts->probes.retrans_fail);
	finding_fix(to, f, "look at this host's output rules (nft list ruleset), tc filters and "
			   "cgroup BPF programs; as root berth names the one");
}

static void host_alive(const struct case_facts *facts, const struct attempt *a, const char *remote,
		       struct findings *to)
{
	struct finding *f = finding_add(to, CAUSE_PORT_SILENT_HOST_ALIVE, PROOF_SEEN);
	char host[ADDR_TEXT_SIZE];

	(void)facts;
	finding_place(to, f, "at or before %s", addr_format(&a->remote, host));
	finding_says(to, f,
		     "%s answers, but not on %s port %u: a firewall drops this port, or the program's "
		     "kernel has no room for new connections.",
		     host, proto_name(a), a->remote_port);
	finding_fix(to, f, "on the path and at %s, allow %s port %u from here; there, see whether "
		    "the listener keeps up", remote, proto_name(a), a->remote_port);
}

/* No hop says anything, yet the gateway resolves on the link: it is there and swallows them. */
static void behind_gateway(const struct case_facts *facts, const char *remote, struct findings *to)
{
	const struct path_hop *hop = facts->forward.n ? &facts->forward.hops[0] : NULL;
	const struct place *own = case_own_place(facts);
	const struct neighbour *n;
	char gateway[ADDR_TEXT_SIZE];

	if (!hop || !own || !hop->route.gateway.family || last_answering_hop(&facts->probes) ||
	    facts->probes.retrans_fail)
		return;
	n = place_neighbour(own, hop->route.out_link, &hop->route.gateway);
	if (!n || !(n->state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE)))
		return;
	/* An old entry only says that it answered once. */
	const bool fresh = n->state & NUD_REACHABLE;
	addr_format(&hop->route.gateway, gateway);
	struct finding *f = finding_add(to, CAUSE_SILENT_DROP_AFTER_HOP, PROOF_SEEN);
	if (f)
		f->inferred = true;
	finding_place(to, f, "at or after %s", gateway);
	finding_says(to, f,
		     "Packets to %s go to the gateway %s (it %s on the link) and are lost there or "
		     "behind it.", remote, gateway, fresh ? "answers" : "answered");
	finding_evidence(to, f, "neighbour", "%s is resolved on the link (%s); no probe brings an answer",
			 gateway, fresh ? "REACHABLE" : "not confirmed lately");
	finding_fix(to, f, "on %s, see whether it forwards, its route to the target and its rules",
		    gateway);
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	char remote[ADDR_TEXT_SIZE + 8], hop[ADDR_TEXT_SIZE];

	if (!a || !is_silent(a))
		return;
	remote_text(a, remote);
	struct finding *f = finding_add(to, CAUSE_NO_ANSWER, PROOF_SEEN);
	finding_says(to, f, "Nothing comes back from %s, and nothing says where it is lost.", remote);
	if (facts->probes.retrans_fail && a->proto == SOCK_PROTO_TCP)
		dropped_locally(facts, remote, to);
	if (facts->probes.host_alive)
		host_alive(facts, a, remote, to);
	behind_gateway(facts, remote, to);
	const struct probe *last = last_answering_hop(&facts->probes);
	if (last && !facts->probes.host_hops) {
		addr_format(&last->icmp.from, hop);
		f = finding_add(to, CAUSE_SILENT_DROP_AFTER_HOP, PROOF_SEEN);
		finding_place(to, f, "after %s", hop);
		finding_says(to, f,
			     "Packets to %s are lost at or behind hop %u (%s): up to there probes are "
			     "answered, beyond it there is silence.",
			     remote, last->ttl, hop);
		finding_fix(to, f, "on %s and behind it, look for a rule that drops %s port %u, and "
			    "for the way back", hop, proto_name(a), a->remote_port);
	}
}

const struct rule rule_silent = {.name = "silent", .find = find};
