/* SPDX-License-Identifier: MIT */
/* The packet arrives, but the answer does not find its way back. */
#include "core/sock.h"
#include "diagnose/drops.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>

static bool is_private(const struct addr *a)
{
	if (a->family == ADDR_IPV6)
		return (a->bytes[0] & 0xfe) == 0xfc;
	return a->bytes[0] == 10 || (a->bytes[0] == 172 && (a->bytes[1] & 0xf0) == 16) ||
	       (a->bytes[0] == 192 && a->bytes[1] == 168);
}

/* A router on the way there with a source NAT chain that did not translate our packet. */
static const struct place *router_that_should_translate(const struct case_facts *facts)
{
	const struct path *there = &facts->forward;

	for (unsigned i = 1; i + 1 < there->n; i++) {
		const struct place *p = &facts->places[there->hops[i].place];
		if (p->has_source_nat)
			return p;
	}
	return NULL;
}

static struct finding *start(const struct case_facts *facts, struct findings *to, enum cause cause,
			     enum proof proof, const struct place *place)
{
	struct finding *f = finding_add(to, cause, proof);

	if (f) {
		f->order = 50;
		f->inferred = !shown_at(facts, place);
	}
	finding_place(to, f, "%s", place_label(to, facts, place));
	return f;
}

static void no_return_route(const struct case_facts *facts, const struct attempt *a,
			    const struct path_hop *hop, struct findings *to)
{
	const struct place *target = &facts->places[hop->place];
	const struct place *router = is_private(&hop->dst) ? router_that_should_translate(facts) : NULL;
	char client[ADDR_TEXT_SIZE], remote[ADDR_TEXT_SIZE + 8];
	struct finding *f;

	addr_format(&hop->dst, client);
	remote_text(a, remote);
	f = start(facts, to, CAUSE_NO_RETURN_ROUTE, PROOF_KERNEL, target);
	finding_says(to, f, "The packets reach %s, but it has no route back to %s.",
		     place_label(to, facts, target), client);
	finding_evidence(to, f, "route", "its look-up of %s answers %s", client,
			 strerrorname_np(hop->route.error));
	finding_fix(to, f, "add a route to %s there", client);
	if (!router)
		return;
	f = start(facts, to, CAUSE_MISSING_MASQUERADE, PROOF_FITS, router);
	finding_says(to, f, "%s forwards the private source %s untranslated, although it has rules for "
			    "source NAT: none of them matches.", place_label(to, facts, router), client);
	finding_evidence(to, f, "nft", "a postrouting NAT chain exists, no masquerade or snat rule of it "
				       "matches the packet");
	finding_evidence(to, f, "route", "%s has no route back to %s",
			 place_label(to, facts, target), client);
}

static bool wrong_source(const struct case_facts *facts, const struct path_hop *first)
{
	const struct place *own = case_own_place(facts);
	const struct place_address *source = place_address(own, &first->src);

	return source && first->route.out_link && source->link != first->route.out_link;
}

static void source_address(const struct case_facts *facts, const struct place *ends,
			   struct findings *to)
{
	const struct path_hop *first = &facts->forward.hops[0];
	const struct place *own = case_own_place(facts);
	char src[ADDR_TEXT_SIZE];
	struct finding *f = finding_add(to, CAUSE_SOURCE_ADDRESS_WRONG, PROOF_KERNEL);

	if (f)
		f->inferred = !shown_at(facts, ends);

	addr_format(&first->src, src);
	finding_place(to, f, "%s", place_label(to, facts, own));
	finding_says(to, f, "The connection leaves with source address %s, to which %s has no way back.",
		     src, place_label(to, facts, ends));
	finding_evidence(to, f, "route", "source %s chosen by: %s", src,
			 first->route.text ? first->route.text : "the route");
	const struct place_address *a = place_address(own, &first->src);
	const struct link_facts *link = a ? place_link(own, a->link) : NULL;
	finding_evidence(to, f, "address", "%s belongs to %s, not to the interface it leaves by", src,
			 link ? link->name : "another interface");
	finding_fix(to, f, "correct the route's src, or bind to an address of the outgoing interface");
}

/*
 * Only this host can be seen: the route gives a source address of another interface. Routers do
 * that on purpose, so it is no more than likely, and only where nothing comes back.
 */
static void source_from_elsewhere(const struct case_facts *facts, struct findings *to)
{
	const struct path_hop *first = &facts->forward.hops[0];
	const struct place *own = case_own_place(facts);
	char src[ADDR_TEXT_SIZE];

	if (!facts->forward.n || !own || first->route.error || facts->asked.bind_addr.family ||
	    !wrong_source(facts, first) || addr_is_loopback(&first->dst) ||
	    first->end == PATH_DELIVERED)
		return;
	struct finding *f = finding_add(to, CAUSE_SOURCE_ADDRESS_WRONG, PROOF_FITS);
	if (f)
		f->order = 60;
	addr_format(&first->src, src);
	finding_place(to, f, "%s", place_label(to, facts, own));
	finding_says(to, f, "The route makes the connection leave with source address %s, which belongs to "
			    "another interface: the target may have no way back to it.", src);
	finding_evidence(to, f, "route", "source %s chosen by: %s", src,
			 first->route.text ? first->route.text : "the route");
	finding_fix(to, f, "try from the outgoing interface's own address: --bind ADDRESS:0");
}

/* What the answer's wrong way is: told by the hop where it ends. */
static void astray(const struct case_facts *facts, const struct path_hop *hop, struct findings *to)
{
	const struct path_hop *first = &facts->reverse.hops[0];
	const struct place *target = &facts->places[first->place];
	const struct place *ends = &facts->places[hop->place];
	const char *end_label = place_label(to, facts, ends);
	char gateway[ADDR_TEXT_SIZE];
	struct finding *f = start(facts, to, CAUSE_RETURN_ROUTE_WRONG, PROOF_KERNEL, target);

	if (f && shown_at(facts, ends))
		f->inferred = false;

	finding_says(to, f, "The answer of %s is sent the wrong way: it ends at %s (%s).",
		     place_label(to, facts, target), end_label, hop->reason);
	finding_evidence(to, f, "route", "%s answers by: %s", place_label(to, facts, target),
			 first->route.text ? first->route.text : "?");
	if (first->route.gateway.family)
		finding_evidence(to, f, "route", "next hop %s",
				 addr_format(&first->route.gateway, gateway));
	finding_evidence(to, f, "path", "%s: %s%s%s", end_label, hop->reason,
			 hop->route.text ? ", " : "", hop->route.text ? hop->route.text : "");
	if (first->route.rule_text && first->route.rule_pref && first->route.rule_pref < 32766)
		finding_evidence(to, f, "ip rule", "%s (pref %u)", first->route.rule_text,
				 first->route.rule_pref);
	finding_fix(to, f, "correct the route back to the client in %s",
		    place_label(to, facts, target));
}

/* The packets end at a transparent proxy's machine: no way back from there is the target's. */
static bool is_diverted(const struct case_facts *facts)
{
	const struct path_hop *end = path_target(&facts->forward);
	const struct place *place = end ? &facts->places[end->place] : NULL;

	for (size_t i = 0; place && i < place->n_verdicts; i++)
		if (place->verdicts[i].verdict == VERDICT_TPROXY && !place_address(place, &end->dst))
			return true;
	return false;
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	const struct path *back = &facts->reverse;

	if (!a || a->ok || a->connected || !is_silent(a))
		return;
	if (!back->n && !facts->asked.all_netns)
		source_from_elsewhere(facts, to);
	if (!back->n || is_diverted(facts))
		return;
	const struct path_hop *last = &back->hops[back->n - 1];
	if (last->end != PATH_STOPS)
		return;
	if (wrong_source(facts, &facts->forward.hops[0]))
		source_address(facts, &facts->places[last->place], to);
	else if (back->n == 1 && last->route.error && !strcmp(last->reason, "no-route"))
		no_return_route(facts, a, last, to);
	else
		astray(facts, last, to);
}

const struct rule rule_way_back = {.name = "way-back", .find = find};
