/* SPDX-License-Identifier: MIT */
/* Rules and policies of firewalls that our packets meet, there and back. */
#include "core/packet.h"
#include "core/sock.h"
#include "diagnose/drops.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <string.h>

struct meeting {
	const struct case_facts *facts;
	const struct attempt *a;
	const struct place *place;
	const struct firewall_verdict *v;
	const struct kernel_event *drop;
};

static bool is_drop(const struct firewall_verdict *v)
{
	return v->verdict == VERDICT_DROP || v->verdict == VERDICT_POLICY_DROP;
}

/* Address resolution failed: nobody answered ARP or ND. */
static bool host_unreachable_here(const struct attempt *a)
{
	return !a->connected && (a->error == EHOSTUNREACH || is_silent(a) || first_icmp(a));
}

static bool stalled(const struct attempt *a)
{
	return a->connected && !a->ok && (a->timed_out || a->error == ETIMEDOUT);
}

static bool local_refusal(const struct meeting *m)
{
	return m->place->is_self && m->a->error == EPERM &&
	       (m->a->phase == PHASE_SEND || m->a->phase == PHASE_CONNECT);
}

/* Could this verdict make what was seen? */
static bool explains(const struct meeting *m)
{
	const struct firewall_verdict *v = m->v;
	const struct attempt *a = m->a;

	switch (v->verdict) {
	case VERDICT_DROP:
	case VERDICT_POLICY_DROP:
		if (v->direction == EVENT_RELATED)
			return host_unreachable_here(a);
		if (v->is_data)
			return stalled(a);
		return is_silent(a) || local_refusal(m);
	case VERDICT_REJECT_RST:
		if (v->is_data)
			return a->connected && (a->error == ECONNRESET || a->error == EPIPE);
		return is_reset_refused(a);
	case VERDICT_REJECT_ICMP:
		if (v->is_data)
			return stalled(a);
		return first_icmp(a) || a->error == ECONNREFUSED || a->error == EHOSTUNREACH ||
		       a->error == EACCES || a->error == ENETUNREACH || is_silent(a) ||
		       local_refusal(m);
	case VERDICT_QUEUE:
		return !v->bypass && (is_silent(a) || local_refusal(m));
	case VERDICT_SYNPROXY:
		return stalled(a);
	case VERDICT_DNAT:
	case VERDICT_REDIRECT:
	case VERDICT_SNAT:
	case VERDICT_TPROXY:
	case VERDICT_MANGLE:
	case VERDICT_ACCEPT:
		break;
	}
	return false;
}

/* An ICMP rejection must be the one that came. */
static bool icmp_agrees(const struct meeting *m)
{
	const struct icmp_seen *icmp = first_icmp(m->a);

	if (m->v->verdict != VERDICT_REJECT_ICMP || !icmp || m->v->to_unknown)
		return true;
	return icmp->type == m->v->icmp_type && icmp->code == m->v->icmp_code;
}

static enum cause cause_of_drop(const struct meeting *m)
{
	const struct firewall_verdict *v = m->v;

	if (v->direction == EVENT_RELATED)
		return CAUSE_ARP_ND_FILTERED;
	if (v->because & BECAUSE_CT_INVALID)
		return CAUSE_FIREWALL_INVALID_STATE;
	if (v->because & (BECAUSE_LIMIT | BECAUSE_CT_COUNT))
		return CAUSE_FIREWALL_LIMIT;
	if (v->because & BECAUSE_FIB)
		return CAUSE_REVERSE_PATH_FILTER;
	if (v->because & BECAUSE_RANDOM)
		return CAUSE_PACKET_LOSS;
	if (v->by_bridge)
		return CAUSE_BRIDGE_CALLS_IPTABLES;
	if (v->because & (BECAUSE_TCP_OPTION | BECAUSE_TCP_FLAGS))
		return CAUSE_TCP_FEATURE_BLOCKED;
	if (v->because & BECAUSE_SET)
		return CAUSE_FIREWALL_BLOCKLIST;
	if (v->direction == EVENT_REVERSE)
		return CAUSE_FIREWALL_DROPS_REPLY;
	return v->verdict == VERDICT_POLICY_DROP ? CAUSE_FIREWALL_POLICY_DROP
						 : CAUSE_FIREWALL_RULE_DROP;
}

static enum cause cause_of(const struct meeting *m)
{
	const struct firewall_verdict *v = m->v;

	if (is_drop(v))
		return cause_of_drop(m);
	if (v->verdict == VERDICT_QUEUE)
		return CAUSE_NFQUEUE_NO_READER;
	if (v->verdict == VERDICT_SYNPROXY)
		return CAUSE_SYNPROXY_INCOMPLETE;
	if (v->because & (BECAUSE_LIMIT | BECAUSE_CT_COUNT))
		return CAUSE_FIREWALL_LIMIT;
	if (v->verdict == VERDICT_REJECT_RST)
		return v->because & BECAUSE_PAYLOAD ? CAUSE_FIREWALL_PAYLOAD_RESET
						    : CAUSE_FIREWALL_REJECT_RST;
	return is_silent(m->a) ? CAUSE_REJECT_RATE_LIMITED : CAUSE_FIREWALL_REJECT_ICMP;
}

/* The target has never seen the connection that somebody answered for it. */
static bool unknown_to_target(const struct case_facts *facts)
{
	const struct path_hop *hop = path_target(&facts->forward);
	const struct place *target = hop ? &facts->places[hop->place] : NULL;

	if (!target || !(target->known & PLACE_SOCKETS))
		return !target && facts->asked.all_netns;
	for (size_t i = 0; i < target->n_sockets; i++)
		if (target->sockets[i].is_flow)
			return false;
	return true;
}

/* Another verdict of this place that the same drop could be. */
static bool has_rival(const struct meeting *m)
{
	for (size_t i = 0; i < m->place->n_verdicts; i++) {
		struct meeting other = *m;
		other.v = &m->place->verdicts[i];
		if (other.v != m->v && is_drop(other.v) && other.v->direction == m->v->direction &&
		    explains(&other) && !(other.v->counter_known && !other.v->counter_rose))
			return true;
	}
	return false;
}

/* A drop was seen, and the rule could not be evaluated whole. */
static enum proof proof_of_possible(const struct meeting *m)
{
	if (!has_rival(m))
		return PROOF_SEEN;
	return m->v->is_met ? PROOF_SEEN : PROOF_FITS;
}

/* Did the kernel show that our packet ended at this rule? */
static enum proof proof_of(const struct meeting *m)
{
	if (m->v->certainty == VERDICT_TRACED)
		return PROOF_KERNEL;
	/* The counter is one for all packets: the drop of ours must have been seen where it can be. */
	const bool unseen = m->facts->events_watched && m->place->netns && is_drop(m->v) &&
			    !m->drop && m->v->direction != EVENT_RELATED;
	if (m->v->counter_rose)
		return unseen || (m->v->certainty == VERDICT_POSSIBLE && is_drop(m->v) && !m->drop)
			       ? PROOF_FITS : PROOF_KERNEL;
	if (m->v->verdict == VERDICT_SYNPROXY)
		return unknown_to_target(m->facts) ? PROOF_KERNEL : PROOF_GUESS;
	if (m->drop)
		return m->v->certainty == VERDICT_POSSIBLE ? proof_of_possible(m) : PROOF_KERNEL;
	if (unseen)
		return PROOF_GUESS;
	return m->v->certainty == VERDICT_POSSIBLE ? PROOF_GUESS : PROOF_FITS;
}

static const char *rule_name(struct findings *to, const struct firewall_verdict *v)
{
	if (v->firewall == FIREWALL_IPTABLES_LEGACY)
		return v->verdict == VERDICT_POLICY_DROP
			       ? arena_printf(&to->arena, "iptables-legacy table %s chain %s policy DROP",
					      v->table, v->chain)
			       : arena_printf(&to->arena, "iptables-legacy table %s chain %s rule %u",
					      v->table, v->chain, v->rule_number);
	if (v->verdict == VERDICT_POLICY_DROP)
		return arena_printf(&to->arena, "table %s %s chain %s policy drop", v->family,
				    v->table, v->chain);
	return arena_printf(&to->arena, "table %s %s chain %s handle %llu", v->family, v->table,
			    v->chain, (unsigned long long)v->handle);
}

static const char *what_it_does(const struct firewall_verdict *v)
{
	switch (v->verdict) {
	case VERDICT_REJECT_RST:
		return "rejects with a TCP reset";
	case VERDICT_REJECT_ICMP:
		return "rejects with an ICMP error";
	case VERDICT_QUEUE:
		return "hands to user space, where nobody reads,";
	case VERDICT_SYNPROXY:
		return "answers by a SYN proxy, which cannot reach the server,";
	default:
		return "drops";
	}
}

static const char *what_it_meets(const struct firewall_verdict *v)
{
	if (v->direction == EVENT_RELATED)
		return "the ARP or neighbour discovery packets for";
	if (v->direction == EVENT_REVERSE)
		return "the answer from";
	return v->is_data ? "the data to" : "the packets to";
}

static void add_evidence(const struct meeting *m, struct finding *f, struct findings *to)
{
	const struct firewall_verdict *v = m->v;
	char src[ADDR_TEXT_SIZE];

	finding_evidence(to, f, v->firewall == FIREWALL_NFT ? "nft" : "iptables-legacy",
			 "%s: %s (hook %s) in %s", rule_name(to, v), v->text ? v->text : "no rule accepts it",
			 v->hook ? v->hook : "?", place_label(to, m->facts, m->place));
	if (v->certainty == VERDICT_TRACED)
		finding_evidence(to, f, "nft-trace", "the kernel traced our packet to it");
	if (v->counter_known)
		finding_evidence(to, f, "nft", "its counter rose by %llu packets during the attempts",
				 (unsigned long long)v->counter_rose);
	if (m->drop)
		drop_evidence(to, f, m->drop);
	if (v->set && v->because & BECAUSE_SET)
		finding_evidence(to, f, "nft", "the address %s is in set %s",
				 addr_format(&m->facts->forward.hops[0].src, src), v->set);
	if (v->by_bridge)
		finding_evidence(to, f, "sysctl", "net.bridge.bridge-nf-call-iptables = 1 pushes "
						  "bridged frames through the IP firewall");
	if (v->because & BECAUSE_TCP_FLAGS)
		finding_evidence(to, f, "sysctl", "net.ipv4.tcp_ecn = %ld on the asking host",
				 place_setting_number(&m->facts->places[0], "net.ipv4.tcp_ecn", 2));
	if (v->verdict == VERDICT_REJECT_ICMP && !v->to_unknown)
		finding_evidence(to, f, "nft", "it answers with ICMP type %u code %u", v->icmp_type,
				 v->icmp_code);
	const struct icmp_seen *icmp = first_icmp(m->a);
	if (icmp && v->verdict == VERDICT_REJECT_ICMP)
		finding_evidence(to, f, "icmp", "type %u code %u came from %s", icmp->type, icmp->code,
				 addr_format(&icmp->from, src));
	const struct path_hop *first = &m->facts->forward.hops[0];
	if (v->direction == EVENT_RELATED && m->facts->forward.n && first->next_hop.family)
		finding_evidence(to, f, "neighbour", "%s is not resolved (state 0x%x)",
				 addr_format(&first->next_hop, src), first->next_hop_state);
}

static void add(const struct meeting *m, enum proof proof, struct findings *to)
{
	const struct firewall_verdict *v = m->v;
	char remote[ADDR_TEXT_SIZE + 8];
	struct finding *f = finding_add(to, cause_of(m), proof);

	if (!f)
		return;
	f->order = v->order;
	f->inferred = m->drop && v->certainty == VERDICT_POSSIBLE && has_rival(m);
	remote_text(m->a, remote);
	finding_place(to, f, "%s", place_label(to, m->facts, m->place));
	finding_says(to, f, "A firewall in %s %s %s %s: %s.", place_label(to, m->facts, m->place),
		     what_it_does(v), what_it_meets(v), remote, rule_name(to, v));
	add_evidence(m, f, to);
	if (v->verdict == VERDICT_POLICY_DROP)
		finding_fix(to, f, "accept %s port %u in chain %s of table %s %s",
			    sock_proto_name((enum sock_proto)m->a->proto), m->a->remote_port, v->chain,
			    v->family, v->table);
	else if (v->firewall == FIREWALL_NFT)
		finding_fix(to, f, "change or delete the rule: nft delete rule %s %s %s handle %llu",
			    v->family, v->table, v->chain, (unsigned long long)v->handle);
	else
		finding_fix(to, f, "change or delete the rule: iptables-legacy -t %s -D %s %u",
			    v->table, v->chain, v->rule_number);
}

static const struct kernel_event *drop_of(const struct case_facts *facts, const struct place *place,
					  const struct firewall_verdict *v)
{
	const char *where = v->firewall == FIREWALL_IPTABLES_LEGACY ? "nf_hook_slow" : "nft_do_chain";

	if (v->verdict == VERDICT_QUEUE)
		where = "nf_queue";
	for (size_t i = 0; i < facts->n_events; i++) {
		const struct kernel_event *e = &facts->events[i];
		/* Before Linux 5.17 there are no reasons, and all hooks drop in one place. */
		const bool fits = e->location && (!strncmp(e->location, where, strlen(where)) ||
						  (!e->reason && !strcmp(e->location, "nf_hook_slow")));
		if (e->kind == KERNEL_EVENT_DROP && e->netns == place->netns && fits &&
		    (e->direction == v->direction || e->direction == EVENT_RELATED))
			return e;
	}
	return NULL;
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);

	if (!a || a->ok || facts->asked.op == CASE_BIND)
		return;
	for (size_t p = 0; p < facts->n_places; p++)
		for (size_t i = 0; i < facts->places[p].n_verdicts; i++) {
			struct meeting m = {facts, a, &facts->places[p],
					    &facts->places[p].verdicts[i], NULL};
			if (!explains(&m) || !icmp_agrees(&m))
				continue;
			if (m.v->counter_known && !m.v->counter_rose &&
			    m.v->certainty != VERDICT_TRACED)
				continue; /* our packets did not get to it */
			m.drop = drop_of(facts, m.place, m.v);
			add(&m, proof_of(&m), to);
		}
}

const struct rule rule_firewall_rules = {.name = "firewall-rules", .find = find};
