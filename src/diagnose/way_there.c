/* SPDX-License-Identifier: MIT */
/* Where the packet cannot get further on its way to the target: this host's routes and routers. */
#include "base/auto.h"
#include "core/sock.h"
#include "diagnose/drops.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

struct stopping {
	const struct case_facts *facts;
	const struct attempt *a;
	const struct path_hop *hop;
	unsigned index; /* of the hop */
	const struct place *place;
	const char *label;
	char remote[ADDR_TEXT_SIZE + 8];
};

static const char *link_name(const struct place *place, uint32_t index)
{
	const struct link_facts *link = place_link(place, index);

	return link ? link->name : "?";
}

static struct finding *start(const struct stopping *s, enum cause cause, enum proof proof,
			     struct findings *to)
{
	struct finding *f = finding_add(to, cause, proof);

	if (f)
		f->order = s->index;
	finding_place(to, f, "%s", s->label);
	return f;
}

/* Tunnels that the kernel makes for itself in every namespace are always down. */
static bool is_fallback(const struct link_facts *l)
{
	static const char *const names[] = {"tunl0", "sit0", "ip6tnl0", "gre0", "gretap0", "erspan0",
					    "ip_vti0", "ip6_vti0", "ip6gre0", "teql0"};

	for (unsigned i = 0; i < N_ELEMENTS(names); i++)
		if (!strcmp(l->name, names[i]))
			return true;
	return false;
}

static bool is_down(const struct link_facts *l)
{
	return !(l->flags & (IFF_UP | IFF_LOOPBACK)) && !is_fallback(l);
}

static bool covers(const struct place_address *a, const struct addr *dst)
{
	const unsigned bytes = a->bits / 8, rest = a->bits % 8;

	if (a->addr.family != dst->family || memcmp(a->addr.bytes, dst->bytes, bytes) != 0)
		return false;
	return !rest || !((a->addr.bytes[bytes] ^ dst->bytes[bytes]) >> (8 - rest));
}

/*
 * The interface that is down and took the route with it. @ret_sure: its own network holds the
 * target, or there is no other interface by which a route could have led anywhere.
 */
static const struct link_facts *down_link(const struct place *place, const struct addr *dst,
					  bool *ret_sure)
{
	const struct link_facts *found = NULL;
	unsigned others = 0;

	*ret_sure = true;
	for (size_t k = 0; k < place->n_addresses; k++) {
		const struct link_facts *l = place_link(place, place->addresses[k].link);
		if (l && is_down(l) && covers(&place->addresses[k], dst))
			return l;
		if (l && is_down(l) && place->addresses[k].addr.family == dst->family)
			found = l;
	}
	for (size_t i = 0; i < place->n_links; i++) {
		const struct link_facts *l = &place->links[i];
		others += l->flags & IFF_UP && !(l->flags & IFF_LOOPBACK);
		/* IPv6 addresses go away with the interface: any that is down will do. */
		if (!found && is_down(l) && dst->family == ADDR_IPV6)
			found = l;
	}
	*ret_sure = !others;
	return found;
}

static void no_route_here(const struct stopping *s, struct findings *to)
{
	bool sure;
	const struct link_facts *down = down_link(s->place, &s->hop->dst, &sure);
	long no_v6 = place_setting_number(s->place, "net.ipv6.conf.all.disable_ipv6", 0);
	struct finding *f;

	if (s->hop->dst.family == ADDR_IPV6 && no_v6) {
		f = start(s, CAUSE_IPV6_DISABLED, PROOF_KERNEL, to);
		finding_says(to, f, "IPv6 is switched off on this host.");
		finding_evidence(to, f, "sysctl", "net.ipv6.conf.all.disable_ipv6 = 1");
		finding_fix(to, f, "sysctl net.ipv6.conf.all.disable_ipv6=0");
		return;
	}
	if (down) {
		f = start(s, CAUSE_INTERFACE_DOWN, sure ? PROOF_KERNEL : PROOF_FITS, to);
		if (f)
			f->bonus = 20;
		finding_says(to, f, "There is no route to %s because interface %s is down.", s->remote,
			     down->name);
		finding_evidence(to, f, "link", "%s is administratively DOWN", down->name);
		finding_fix(to, f, "ip link set %s up", down->name);
		if (sure)
			return;
	}
	f = start(s, CAUSE_NO_ROUTE, PROOF_KERNEL, to);
	finding_says(to, f, "This host has no route to %s.", s->remote);
	finding_evidence(to, f, "route", "the routing tables answer %s for %s%s%s",
			 strerrorname_np(s->hop->route.error), s->remote,
			 s->hop->route.text ? ", by " : "", s->hop->route.text ? s->hop->route.text : "");
	finding_fix(to, f, "add a route: ip route add ... via GATEWAY");
}

static bool is_selective(const struct route_decision *r)
{
	return r->rule_text && r->rule_pref && r->rule_pref < 32766;
}

/* A rule that was made for some traffic only decides which table is asked. */
static void sent_by_rule(const struct stopping *s, struct findings *to)
{
	const struct route_decision *r = &s->hop->route;
	struct finding *f = start(s, CAUSE_POLICY_RULE, PROOF_KERNEL, to);

	if (f) {
		f->bonus = 50;
		f->inferred = !r->error && !shown_at(s->facts, s->place);
	}
	finding_says(to, f, "Policy rule \"%s\" sends the traffic to %s to a table that does not lead "
			    "there: %s.", r->rule_text, s->remote, r->text ? r->text : "no route");
	finding_evidence(to, f, "ip rule", "%s (pref %u)", r->rule_text, r->rule_pref);
	finding_evidence(to, f, "route", "%s", r->text ? r->text : "no route");
	finding_fix(to, f, "ip rule del pref %u, or correct its table", r->rule_pref);
}

static void rejected_here(const struct stopping *s, bool by_rule, struct findings *to)
{
	const struct route_decision *r = &s->hop->route;
	struct finding *f = start(s, by_rule ? CAUSE_POLICY_RULE : CAUSE_ROUTE_REJECTS, PROOF_KERNEL,
				  to);
	const char *text = by_rule ? r->rule_text : r->text;

	finding_says(to, f, "%s on this host rejects traffic to %s: %s.",
		     by_rule ? "A policy rule" : "A route", s->remote, text ? text : "?");
	finding_evidence(to, f, by_rule ? "ip rule" : "route", "%s: the look-up answers %s",
			 text ? text : "?", strerrorname_np(r->error));
	if (!by_rule && is_selective(r)) {
		finding_evidence(to, f, "ip rule", "%s leads there", r->rule_text);
		sent_by_rule(s, to);
	}
	finding_fix(to, f, by_rule ? "ip rule del pref %u" : "delete or change that route",
		    r->rule_pref);
}

/* The kernel's errno of the look-up must be that of the call. */
static void stopped_here(const struct stopping *s, struct findings *to)
{
	const int error = s->hop->route.error;

	if (s->a->error != error && !(error == ENETUNREACH && s->a->error == EADDRNOTAVAIL))
		return;
	if (s->facts->asked.dontroute && error == ENETUNREACH)
		return;
	if (s->hop->route.rule_rejects)
		rejected_here(s, true, to);
	else if (s->hop->route.type == RTN_BLACKHOLE || s->hop->route.type == RTN_UNREACHABLE ||
		 s->hop->route.type == RTN_PROHIBIT)
		rejected_here(s, false, to);
	else if (!s->hop->route.type || s->hop->route.type == RTN_THROW)
		no_route_here(s, to);
}

static bool unanswered(const struct stopping *s)
{
	return is_silent(s->a) || first_icmp(s->a) || s->a->error == EHOSTUNREACH ||
	       s->a->error == ENETUNREACH || s->a->error == EACCES;
}

static struct finding *start_router(const struct stopping *s, enum cause cause, struct findings *to)
{
	struct finding *f = start(s, cause, PROOF_KERNEL, to);

	if (f)
		f->inferred = !shown_at(s->facts, s->place);
	return f;
}

static void stopped_at_router(const struct stopping *s, struct findings *to)
{
	const char *reason = s->hop->reason;
	const struct route_decision *r = &s->hop->route;
	char gateway[ADDR_TEXT_SIZE];
	struct finding *f;

	if (!strcmp(reason, "forwarding-off")) {
		f = start_router(s, CAUSE_FORWARDING_OFF, to);
		finding_says(to, f, "%s has to pass on the packets to %s, but forwarding is off there.",
			     s->label, s->remote);
		finding_evidence(to, f, "sysctl", s->hop->dst.family == ADDR_IPV4
					 ? "net.ipv4.ip_forward = %ld (net.ipv4.conf.%s.forwarding = 0)"
					 : "net.ipv6.conf.all.forwarding = %ld (interface %s)",
				 place_setting_number(s->place, s->hop->dst.family == ADDR_IPV4
						      ? "net.ipv4.ip_forward"
						      : "net.ipv6.conf.all.forwarding", 0),
				 link_name(s->place, s->hop->in_link));
		finding_fix(to, f, "sysctl %s=1 there", s->hop->dst.family == ADDR_IPV4
			    ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding");
	} else if (!strcmp(reason, "no-route")) {
		f = start_router(s, CAUSE_ROUTER_NO_ROUTE, to);
		finding_says(to, f, "The router %s has no route to %s.", s->label, s->remote);
		finding_evidence(to, f, "route", "its look-up of %s answers %s",
				 addr_format(&s->hop->dst, gateway), strerrorname_np(r->error));
		finding_fix(to, f, "add a route there");
	} else if (!strcmp(reason, "route-rejects") || !strcmp(reason, "rule-rejects")) {
		f = start_router(s, CAUSE_ROUTER_ROUTE_REJECTS, to);
		finding_says(to, f, "The router %s rejects traffic to %s by its %s.", s->label, s->remote,
			     r->rule_rejects ? "policy rule" : "route");
		finding_evidence(to, f, "route", "%s", r->rule_rejects ? r->rule_text
						       : r->text ? r->text : "a reject route");
		finding_fix(to, f, "delete or change it there");
	} else if (!strcmp(reason, "loop")) {
		f = start_router(s, CAUSE_ROUTING_LOOP, to);
		finding_says(to, f, "Routers send the packets to %s round in a circle.", s->remote);
		finding_evidence(to, f, "route", "%s sends it on by \"%s\"", s->label,
				 r->text ? r->text : "?");
	}
}

static void reverse_path(const struct stopping *s, struct findings *to)
{
	const struct path_hop *hop = s->hop;
	char name[96], src[ADDR_TEXT_SIZE];
	const char *in = link_name(s->place, hop->in_link);

	snprintf(name, sizeof(name), "net.ipv4.conf.%s.rp_filter", in);
	long all = place_setting_number(s->place, "net.ipv4.conf.all.rp_filter", 0);
	long own = place_setting_number(s->place, name, 0);
	const struct kernel_event *drop = find_drop(s->facts, s->place->netns, NULL, "IP_RPFILTER");
	uint64_t rose = place_counter(s->place, "TcpExt.IPReversePathFilter");

	if (!is_silent(s->a) || hop->dst.family != ADDR_IPV4 || (!all && !own) || !hop->back.known)
		return;
	bool strict = all == 1 || own == 1;
	if (all == 2 || own == 2) /* the larger value counts */
		strict = false;
	if (!hop->back.error && (!strict || hop->back.out_link == hop->in_link))
		return;
	struct finding *f = start(s, CAUSE_REVERSE_PATH_FILTER,
				  drop || rose ? PROOF_KERNEL : PROOF_FITS, to);
	addr_format(&hop->src, src);
	finding_says(to, f, "%s drops what comes in on %s from %s: reverse-path filtering wants it to "
			    "come in where its own route to %s leads.", s->label, in, src, src);
	finding_evidence(to, f, "sysctl", "rp_filter: net.ipv4.conf.all.rp_filter = %ld, %s = %ld", all,
			 name, own);
	finding_evidence(to, f, "route", "to %s: %s", src,
			 hop->back.text ? hop->back.text : "no route");
	if (rose)
		finding_evidence(to, f, "counters", "TcpExt.IPReversePathFilter rose by %llu",
				 (unsigned long long)rose);
	if (drop)
		drop_evidence(to, f, drop);
	finding_fix(to, f, "correct that route, or sysctl %s=2 (loose)", name);
}

static void martian(const struct stopping *s, struct findings *to)
{
	char src[ADDR_TEXT_SIZE];

	if (!is_silent(s->a) && !first_icmp(s->a))
		return;
	if (!place_address(s->place, &s->hop->src))
		return;
	const struct kernel_event *drop = find_drop(s->facts, s->place->netns, NULL,
						    "IP_LOCAL_SOURCE") ?:
					  find_drop(s->facts, s->place->netns, NULL,
						    "IP_INVALID_SOURCE");
	struct finding *f = start(s, CAUSE_MARTIAN_SOURCE, drop ? PROOF_KERNEL : PROOF_FITS, to);
	finding_says(to, f, "The packets arrive at %s with source address %s, which is its own.",
		     s->label, addr_format(&s->hop->src, src));
	finding_evidence(to, f, "address", "%s is configured in %s: the kernel drops such packets as "
					   "martians", src, s->label);
	if (drop)
		drop_evidence(to, f, drop);
	finding_fix(to, f, "give one of the two hosts another address, or send from another source");
}

static void find(const struct case_facts *facts, struct findings *to)
{
	struct stopping s = {.facts = facts, .a = case_subject(facts)};

	if (!s.a || s.a->ok || s.a->connected || facts->asked.op == CASE_BIND)
		return;
	remote_text(s.a, s.remote);
	for (s.index = 0; s.index < facts->forward.n; s.index++) {
		s.hop = &facts->forward.hops[s.index];
		s.place = &facts->places[s.hop->place];
		s.label = place_label(to, facts, s.place);
		/* The first place made the packet, unless it is about one that came in there. */
		const bool came_in = s.index || s.hop->in_link;
		if (came_in) {
			reverse_path(&s, to);
			martian(&s, to);
		}
		if (s.hop->end != PATH_STOPS)
			continue;
		if (!came_in && s.hop->route.error)
			stopped_here(&s, to);
		else if (!came_in && is_selective(&s.hop->route) && unanswered(&s))
			sent_by_rule(&s, to);
		else if (came_in && unanswered(&s))
			stopped_at_router(&s, to);
	}
}

const struct rule rule_way_there = {.name = "way-there", .find = find};
