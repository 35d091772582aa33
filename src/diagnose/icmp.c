/* SPDX-License-Identifier: MIT */
/* An ICMP error ended the attempt: who sent it and what it says. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

enum icmp_meaning { MEANS_NOTHING, MEANS_PORT, MEANS_PROHIBITED, MEANS_UNREACHABLE, MEANS_TTL, MEANS_TOO_BIG };

static enum icmp_meaning meaning_of(const struct icmp_seen *icmp)
{
	if (icmp->family == ADDR_IPV6) {
		if (icmp->type == ICMP6_TIME_EXCEEDED)
			return MEANS_TTL;
		if (icmp->type == ICMP6_PACKET_TOO_BIG)
			return MEANS_TOO_BIG;
		if (icmp->type != ICMP6_DST_UNREACH)
			return MEANS_NOTHING;
		switch (icmp->code) {
		case ICMP6_DST_UNREACH_NOPORT:
			return MEANS_PORT;
		case ICMP6_DST_UNREACH_ADMIN:
		case 5: /* source address failed policy */
		case 6: /* reject route: RFC 4443 3.1 */
			return MEANS_PROHIBITED;
		default:
			return MEANS_UNREACHABLE;
		}
	}
	if (icmp->type == ICMP_TIME_EXCEEDED)
		return MEANS_TTL;
	if (icmp->type != ICMP_DEST_UNREACH)
		return MEANS_NOTHING;
	switch (icmp->code) {
	case ICMP_PORT_UNREACH:
		return MEANS_PORT;
	case ICMP_NET_ANO:
	case ICMP_HOST_ANO:
	case ICMP_PKT_FILTERED:
		return MEANS_PROHIBITED;
	case ICMP_FRAG_NEEDED:
		return MEANS_TOO_BIG;
	default:
		return MEANS_UNREACHABLE;
	}
}

struct icmp_case {
	const struct attempt *a;
	const struct icmp_seen *icmp;
	char from[ADDR_TEXT_SIZE];
	char remote[ADDR_TEXT_SIZE + 8];
	bool from_self, from_target;
};

static void add_evidence(const struct icmp_case *c, struct finding *f, struct findings *to)
{
	finding_evidence(to, f, "icmp", "ICMP%s type %u code %u from %s",
			 c->icmp->family == ADDR_IPV6 ? "v6" : "", c->icmp->type, c->icmp->code,
			 c->from);
}

static void port_unreachable(const struct icmp_case *c, struct findings *to)
{
	const bool udp = c->a->proto == SOCK_PROTO_UDP;
	struct finding *f;

	if (c->from_self && !c->from_target) {
		f = finding_add(to, CAUSE_REFUSED_LOCALLY, PROOF_SEEN);
		finding_place(to, f, "this host");
		finding_says(to, f, "This host itself (%s) rejects the packets to %s.", c->from,
			     c->remote);
		finding_fix(to, f, "look at this host's output rules: nft list ruleset");
		add_evidence(c, f, to);
		return;
	}
	if (udp && c->from_target) {
		f = finding_add(to, CAUSE_REFUSED_BY_TARGET, PROOF_SEEN);
		f ? (void)(f->bonus = 10) : (void)0;
		finding_place(to, f, "the target");
		finding_says(to, f, "%s says that nothing has udp port %u (or its firewall rejects it).",
			     c->from, c->a->remote_port);
		finding_fix(to, f, "on the target: berth who %u/udp", c->a->remote_port);
		add_evidence(c, f, to);
		return;
	}
	f = finding_add(to, CAUSE_ICMP_PORT_UNREACHABLE, PROOF_SEEN);
	finding_place(to, f, "at %s", c->from);
	finding_says(to, f,
		     "A firewall at %s rejects the connection to %s: a closed TCP port answers with a "
		     "reset, never with ICMP.",
		     c->from, c->remote);
	finding_fix(to, f, "at %s, change the rule that rejects %s port %u", c->from,
		    sock_proto_name((enum sock_proto)c->a->proto), c->a->remote_port);
	add_evidence(c, f, to);
}

static void prohibited(const struct icmp_case *c, struct findings *to)
{
	struct finding *f = finding_add(to, CAUSE_ICMP_PROHIBITED, PROOF_SEEN);

	finding_place(to, f, "at %s", c->from);
	finding_says(to, f, "%s says that traffic to %s is administratively prohibited.", c->from,
		     c->remote);
	finding_fix(to, f, "at %s, look for a reject rule or a prohibit route", c->from);
	add_evidence(c, f, to);
}

static void unreachable(const struct icmp_case *c, struct findings *to)
{
	struct finding *f;

	if (c->from_self) {
		f = finding_add(to, CAUSE_NEIGHBOUR_UNRESOLVED, PROOF_SEEN);
		finding_place(to, f, "the attached link");
		finding_says(to, f, "Nobody on the attached link answers for %s.", c->remote);
		finding_fix(to, f, "check that the host is up and its address right");
		add_evidence(c, f, to);
		return;
	}
	f = finding_add(to, CAUSE_ICMP_UNREACHABLE, PROOF_SEEN);
	finding_place(to, f, "at %s", c->from);
	finding_says(to, f, "%s says that %s cannot be reached (%s).", c->from, c->remote,
		     c->icmp->family == ADDR_IPV4 && c->icmp->code == ICMP_NET_UNREACH ? "no route" :
		     c->icmp->family == ADDR_IPV6 && c->icmp->code == ICMP6_DST_UNREACH_NOROUTE ? "no route" :
		     "the host does not answer, or a rule says so");
	finding_fix(to, f, "at %s, check its route and its neighbour entry for the target", c->from);
	add_evidence(c, f, to);
}

/* A hop that answers at two places of the ladder with another between them: a circle. */
static bool find_loop(const struct probes *probes, const struct addr **ret_a, const struct addr **ret_b)
{
	for (unsigned i = 0; i + 2 < probes->n_ladder; i++)
		for (unsigned k = i + 2; k < probes->n_ladder; k++)
			if (probes->ladder[i].answer == PROBE_ICMP &&
			    probes->ladder[k].answer == PROBE_ICMP &&
			    same_host(&probes->ladder[i].icmp.from, &probes->ladder[k].icmp.from)) {
				*ret_a = &probes->ladder[i].icmp.from;
				*ret_b = &probes->ladder[i + 1].icmp.from;
				return true;
			}
	return false;
}

static void time_exceeded(const struct case_facts *facts, const struct icmp_case *c,
			  struct findings *to)
{
	const struct place *own = case_own_place(facts);
	const struct addr *a, *b;
	char one[ADDR_TEXT_SIZE], two[ADDR_TEXT_SIZE];
	struct finding *f;

	if (find_loop(&facts->probes, &a, &b)) {
		f = finding_add(to, CAUSE_ROUTING_LOOP, PROOF_SEEN);
		addr_format(a, one);
		addr_format(b, two);
		finding_place(to, f, "between %s and %s", one, two);
		finding_says(to, f, "%s and %s send packets to %s to each other until their TTL ends.",
			     one, two, c->remote);
		finding_fix(to, f, "correct the route to the target on %s or %s", one, two);
		add_evidence(c, f, to);
		return;
	}
	long ttl = facts->asked.ttl ? facts->asked.ttl
		   : own ? place_setting_number(own, "net.ipv4.ip_default_ttl", 0) : 0;
	f = finding_add(to, CAUSE_TTL_TOO_SMALL, facts->probes.host_hops ? PROOF_KERNEL : PROOF_FITS);
	finding_place(to, f, "this host");
	finding_says(to, f, "The TTL of the packets ends at %s, before they reach %s.", c->from,
		     c->remote);
	if (ttl)
		finding_evidence(to, f, "ttl", facts->asked.ttl ? "the socket sends with TTL %ld" :
				 "net.ipv4.ip_default_ttl = %ld", ttl);
	finding_fix(to, f, "send with a larger TTL (sysctl net.ipv4.ip_default_ttl=64)");
	add_evidence(c, f, to);
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	struct icmp_case c = {.a = a, .icmp = a && !a->ok ? first_icmp(a) : NULL};

	if (!c.icmp)
		return;
	addr_format(&c.icmp->from, c.from);
	remote_text(a, c.remote);
	c.from_self = is_own_address(facts, &c.icmp->from);
	c.from_target = same_host(&c.icmp->from, &a->remote);
	switch (meaning_of(c.icmp)) {
	case MEANS_PORT:
		port_unreachable(&c, to);
		break;
	case MEANS_PROHIBITED:
		prohibited(&c, to);
		break;
	case MEANS_UNREACHABLE:
		unreachable(&c, to);
		break;
	case MEANS_TTL:
		time_exceeded(facts, &c, to);
		break;
	case MEANS_TOO_BIG:
	case MEANS_NOTHING:
		break;
	}
}

const struct rule rule_icmp = {.name = "icmp", .find = find};
