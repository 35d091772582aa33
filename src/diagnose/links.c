/* SPDX-License-Identifier: MIT */
/* The link layer: interfaces that are down, neighbours nobody answers for, ports that block. */
#include "base/auto.h"
#include "core/sock.h"
#include "diagnose/drops.h"
#include "diagnose/link_case.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

struct finding *link_finding(const struct link_case *c, enum cause cause, enum proof proof,
			     const struct place *place, struct findings *to)
{
	struct finding *f = finding_add(to, cause, proof);

	if (f)
		f->order = c->order;
	finding_place(to, f, "%s", place_label(to, c->facts, place));
	return f;
}

/* What stands in the tables of another host explains it; only a packet that ended there proves it. */
static void infer(const struct link_case *c, const struct place *place, struct finding *f)
{
	if (f)
		f->inferred = !place->is_self && !shown_at(c->facts, place);
}

/* Nobody answered for the next hop, or nothing came back at all. */
static bool fits(const struct attempt *a)
{
	return !a->connected && (a->error == EHOSTUNREACH || is_silent(a) || first_icmp(a));
}

static bool is_failed(const struct link_case *c)
{
	const struct neighbour *n = place_neighbour(c->place, c->hop->out_link, &c->hop->next_hop);

	return !n || n->state & (NUD_FAILED | NUD_INCOMPLETE);
}

static const char *mac_text(const uint8_t *mac, char *text)
{
	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
	return text;
}

static void loopback_down(const struct link_case *c, struct findings *to)
{
	if (!(c->out->flags & IFF_LOOPBACK) || c->out->flags & IFF_UP || !is_silent(c->a))
		return;
	struct finding *f = link_finding(c, CAUSE_LOOPBACK_DOWN, PROOF_KERNEL, c->place, to);
	finding_says(to, f, "The loopback interface %s is down: local connections die in it.",
		     c->out->name);
	finding_evidence(to, f, "link", "%s is administratively DOWN", c->out->name);
	finding_fix(to, f, "ip link set %s up", c->out->name);
}

static void no_carrier(const struct link_case *c, struct findings *to)
{
	if (!(c->out->flags & IFF_UP) || c->out->flags & IFF_LOWER_UP || !fits(c->a))
		return;
	struct finding *f = link_finding(c, CAUSE_NO_CARRIER, PROOF_KERNEL, c->place, to);
	infer(c, c->place, f);
	finding_says(to, f, "Interface %s has no carrier (NO-CARRIER): the cable or the other end is "
			    "off, the route stays.", c->out->name);
	finding_evidence(to, f, "link", "%s is UP, but has no carrier", c->out->name);
	if (c->stop && c->stop != c->out)
		finding_evidence(to, f, "link", "its other end %s in %s is DOWN", c->stop->name,
				 place_label(to, c->facts, c->stop_place));
	finding_fix(to, f, "connect it, or bring the other end up");
}

static void tunnel_stuck(const struct link_case *c, struct findings *to)
{
	if (strcmp(c->out->kind, "tun") != 0 || !is_silent(c->a) || c->hop->end == PATH_GOES_ON)
		return;
	const bool stopped = c->out->tun_state == 'T' || c->out->tun_state == 't';
	if (c->out->tun_pid && c->out->tun_reads && !stopped)
		return;
	struct finding *f = link_finding(c, CAUSE_TUN_NOT_READ,
				  c->out->tun_pid ? PROOF_KERNEL : PROOF_GUESS, c->place, to);
	if (f)
		f->inferred = !stopped; /* it may have read between two looks */
	finding_says(to, f, "The route leads into tunnel device %s, whose program does not pass the "
			    "packets on.", c->out->name);
	finding_evidence(to, f, "route", "%s", c->hop->route.text ? c->hop->route.text : c->out->name);
	if (c->out->tun_pid)
		finding_evidence(to, f, "process", "%s is held by pid %u (%s)%s", c->out->name,
				 c->out->tun_pid, c->out->tun_comm ? c->out->tun_comm : "?",
				 stopped ? ", which is stopped" : "");
	finding_fix(to, f, "see what the program does: restart the VPN");
}

static void wrong_mac(const struct link_case *c, struct findings *to)
{
	const struct neighbour *n = place_neighbour(c->place, c->hop->out_link, &c->hop->next_hop);
	const struct path *path = c->is_reply ? &c->facts->reverse : &c->facts->forward;
	const size_t at = (size_t)(c->hop - path->hops);
	char theirs[18], ours[18];

	if (!n || !(n->state & NUD_PERMANENT) || n->mac_len != 6 || !is_silent(c->a))
		return;
	const struct path_hop *next = at + 1 < path->n ? &path->hops[at + 1] : NULL;
	const struct link_facts *in = next ? place_link(&c->facts->places[next->place], next->in_link)
					   : NULL;
	if (in && (in->mac_len != 6 || !memcmp(in->mac, n->mac, 6)))
		return;
	struct finding *f = link_finding(c, CAUSE_NEIGHBOUR_WRONG_MAC, in ? PROOF_KERNEL : PROOF_FITS,
				  c->place, to);
	finding_says(to, f, "A static neighbour entry sends the frames for %s to hardware address %s%s.",
		     c->next, mac_text(n->mac, ours),
		     in ? ", which is not that host's" : ", which nobody may have");
	finding_evidence(to, f, "neighbour", "%s lladdr %s PERMANENT on %s", c->next, ours,
			 c->out->name);
	if (in)
		finding_evidence(to, f, "link", "%s of %s has %s", in->name,
				 place_label(to, c->facts, &c->facts->places[next->place]),
				 mac_text(in->mac, theirs));
	finding_fix(to, f, "ip neigh del %s dev %s", c->next, c->out->name);
}

static const struct place *owner_of(const struct case_facts *facts, const struct addr *addr)
{
	for (size_t i = 0; i < facts->n_places; i++)
		if (place_address(&facts->places[i], addr))
			return &facts->places[i];
	return NULL;
}

static void arp_ignored(const struct link_case *c, const struct place *owner, struct findings *to)
{
	char name[96];

	for (size_t i = 0; i < owner->n_links; i++) {
		snprintf(name, sizeof(name), "net.ipv4.conf.%s.arp_ignore", owner->links[i].name);
		long own = place_setting_number(owner, name, 0);
		long all = place_setting_number(owner, "net.ipv4.conf.all.arp_ignore", 0);
		if (own < 2 && all < 2)
			continue;
		struct finding *f = link_finding(c, CAUSE_ARP_IGNORED, PROOF_KERNEL, owner, to);
		finding_says(to, f, "%s has address %s but is told not to answer ARP for it.",
			     place_label(to, c->facts, owner), c->next);
		finding_evidence(to, f, "sysctl", "arp_ignore: net.ipv4.conf.all.arp_ignore = %ld, %s = %ld",
				 all, name, own);
		finding_fix(to, f, "sysctl net.ipv4.conf.all.arp_ignore=0 there");
		return;
	}
}

/* A rule that drops ARP or neighbour discovery says more than that nobody answers. */
static bool is_filtered(const struct case_facts *facts)
{
	for (size_t p = 0; p < facts->n_places; p++)
		for (size_t i = 0; i < facts->places[p].n_verdicts; i++) {
			const struct firewall_verdict *v = &facts->places[p].verdicts[i];
			if (v->direction == EVENT_RELATED && v->counter_rose &&
			    (v->verdict == VERDICT_DROP || v->verdict == VERDICT_POLICY_DROP))
				return true;
		}
	return false;
}

static void unresolved(const struct link_case *c, struct findings *to)
{
	const bool is_gateway = c->hop->route.gateway.family != ADDR_NONE;
	const bool is_router = c->hop->place != 0;
	const char *label = place_label(to, c->facts, c->place);
	struct finding *f;

	if (!fits(c->a) || !is_failed(c) || !c->hop->next_hop.family ||
	    c->out->flags & (IFF_NOARP | IFF_LOOPBACK))
		return;
	/* A segment that can be seen whole, and nobody on it: or the neighbour table's own word. */
	f = link_finding(c, is_gateway && !c->is_reply ? CAUSE_GATEWAY_UNRESOLVED : CAUSE_NEIGHBOUR_UNRESOLVED,
		  PROOF_KERNEL, c->place, to);
	if (f && !is_router)
		f->bonus = 5;
	if (f && is_filtered(c->facts))
		f->order += 1000;
	finding_says(to, f, "Nobody answers for %s %s on %s of %s.", is_gateway ? "the gateway" : "address",
		     c->next, c->out->name, label);
	const struct neighbour *n = place_neighbour(c->place, c->hop->out_link, &c->hop->next_hop);
	if (f)
		f->inferred = !n && !(c->place->is_self && c->a->error == EHOSTUNREACH) &&
			      !shown_at(c->facts, c->place);
	finding_evidence(to, f, "neighbour", "%s on %s: %s", c->next, c->out->name,
			 !n ? "no entry" : n->state & NUD_FAILED ? "FAILED" : "INCOMPLETE");
	finding_evidence(to, f, "route", "%s", c->hop->route.text ? c->hop->route.text : "on link");
	const struct icmp_seen *icmp = first_icmp(c->a);
	char from[ADDR_TEXT_SIZE];
	if (icmp)
		finding_evidence(to, f, "icmp", "type %u code %u from %s", icmp->type, icmp->code,
				 addr_format(&icmp->from, from));
	finding_fix(to, f, "check that %s exists on this link and is up", c->next);
}

/* On link by the route, but far away in truth: the prefix takes a remote host for a neighbour. */
static void too_wide(const struct link_case *c, const struct place *owner, struct findings *to)
{
	const struct route_decision *r = &c->hop->route;

	if (r->gateway.family || !owner || !is_failed(c) || c->hop->place || c->facts->asked.device ||
	    !r->has_prefix || !r->prefix_bits)
		return;
	for (size_t i = 0; i < owner->n_addresses; i++) {
		const struct place_address *a = &owner->addresses[i];
		if (!addr_equal(&a->addr, &c->hop->next_hop) || a->bits <= r->prefix_bits ||
		    a->bits >= 32)
			continue;
		struct finding *f = link_finding(c, CAUSE_NETMASK_TOO_WIDE, PROOF_FITS, c->place, to);
		finding_says(to, f, "%s is taken for a neighbour by prefix length /%u, but lives on "
				    "another link (/%u there).", c->next, r->prefix_bits, a->bits);
		finding_evidence(to, f, "route", "%s", r->text ? r->text : "?");
		finding_evidence(to, f, "neighbour", "%s FAILED on %s", c->next, c->out->name);
		finding_fix(to, f, "correct the prefix length of this host's address");
	}
}

static void device_tied(const struct link_case *c, struct findings *to)
{
	if (!c->facts->asked.device || c->hop->place || c->hop->route.has_prefix || !fits(c->a))
		return;
	struct finding *f = link_finding(c, CAUSE_DEVICE_WITHOUT_ROUTE, PROOF_KERNEL, c->place, to);
	if (f)
		f->inferred = !is_failed(c);
	finding_says(to, f, "The socket is tied to device %s, by which no route leads to %s: the kernel "
			    "takes it for a neighbour there.", c->out->name, c->remote);
	finding_evidence(to, f, "route", "no route to %s has device %s", c->next, c->out->name);
	finding_evidence(to, f, "neighbour", "%s is not resolved on %s", c->next, c->out->name);
	finding_fix(to, f, "bind to another device, or add a route by %s", c->out->name);
}

static void multipath(const struct link_case *c, struct findings *to)
{
	const struct route_decision *r = &c->hop->route;
	char hop[ADDR_TEXT_SIZE];

	if (!r->is_multipath || !fits(c->a))
		return;
	for (unsigned i = 0; i < r->n_next_hops; i++) {
		const struct neighbour *n = place_neighbour(c->place, r->next_hop_links[i],
							    &r->next_hops[i]);
		if (!r->next_hop_dead[i] && (!n || !(n->state & (NUD_FAILED | NUD_INCOMPLETE))))
			continue;
		struct finding *f = link_finding(c, CAUSE_MULTIPATH_DEAD_HOP, PROOF_KERNEL, c->place, to);
		if (f) {
			f->bonus = 40;
			/* another connection's share does not explain this one's failure */
			f->inferred = !same_host(&r->next_hops[i], &c->hop->next_hop) &&
				      c->a->error != EHOSTUNREACH;
		}
		addr_format(&r->next_hops[i], hop);
		finding_says(to, f, "One next hop of a multipath route, %s, does not answer: the share of "
				    "connections that it gets fails.", hop);
		finding_evidence(to, f, "route", "%s", r->text ? r->text : "multipath");
		finding_evidence(to, f, "neighbour", "%s is %s", hop,
				 r->next_hop_dead[i] ? "dead" : "FAILED");
		finding_fix(to, f, "remove that next hop or repair it");
	}
}

static void duplicate(const struct link_case *c, struct findings *to)
{
	if (c->hop->other_place == UINT32_MAX || (c->a->ok && !c->a->connected))
		return;
	const struct place *other = &c->facts->places[c->hop->other_place];
	struct finding *f = link_finding(c, CAUSE_DUPLICATE_ADDRESS, PROOF_FITS, other, to);
	char mac[18];
	finding_says(to, f, "Two machines on the link of %s have address %s: one of them is %s.",
		     c->out->name, c->next, place_label(to, c->facts, other));
	const struct place_address *a = place_address(other, &c->hop->next_hop);
	const struct link_facts *l = a ? place_link(other, a->link) : NULL;
	if (l && l->mac_len == 6)
		finding_evidence(to, f, "address", "%s is on %s (%s) of %s", c->next, l->name,
				 mac_text(l->mac, mac), place_label(to, c->facts, other));
	const struct neighbour *n = place_neighbour(c->place, c->hop->out_link, &c->hop->next_hop);
	if (n && n->mac_len == 6)
		finding_evidence(to, f, "neighbour", "%s believes it at %s",
				 place_label(to, c->facts, c->place), mac_text(n->mac, mac));
	finding_fix(to, f, "give one of them another address");
}

static void queue_drops(const struct link_case *c, struct findings *to)
{
	const struct kernel_event *drop = find_drop(c->facts, c->place->netns, "__dev_queue_xmit",
						    "QDISC_DROP");
	if (!is_silent(c->a) || !(c->out->flags & IFF_UP) || !(c->out->flags & IFF_LOWER_UP))
		return;
	static const char *const plain[] = {"noqueue", "pfifo_fast", "fq_codel", "fq", "mq", "noop", ""};
	bool special = true;
	for (unsigned i = 0; i < N_ELEMENTS(plain); i++)
		special &= strcmp(plain[i], c->out->qdisc) != 0;
	if (!drop && !special)
		return;
	struct finding *f = link_finding(c, CAUSE_QDISC_DROP, drop ? PROOF_KERNEL : PROOF_GUESS, c->place, to);
	finding_says(to, f, "The queueing discipline %s of %s drops the packets.", c->out->qdisc,
		     c->out->name);
	finding_evidence(to, f, "link", "qdisc %s on %s", c->out->qdisc, c->out->name);
	if (drop)
		drop_evidence(to, f, drop);
	finding_fix(to, f, "tc -s qdisc show dev %s; tc qdisc del dev %s root", c->out->name,
		    c->out->name);
}

static void look_at_hop(struct link_case *c, struct findings *to)
{
	c->out = place_link(c->place, c->hop->out_link);
	if (!c->out)
		return;
	if (c->hop->next_hop.family)
		addr_format(&c->hop->next_hop, c->next);
	c->stop_place = &c->facts->places[c->hop->stop_place];
	c->stop = c->hop->reason ? place_link(c->stop_place, c->hop->stop_link) : NULL;
	loopback_down(c, to);
	no_carrier(c, to);
	queue_drops(c, to);
	if (!c->hop->next_hop.family)
		return;
	tunnel_stuck(c, to);
	wrong_mac(c, to);
	device_tied(c, to);
	multipath(c, to);
	duplicate(c, to);
	if (c->hop->end == PATH_STOPS && fits(c->a))
		segment_obstacle(c, to);
	const struct place *owner = owner_of(c->facts, &c->hop->next_hop);
	if (c->hop->end != PATH_GOES_ON || is_failed(c)) {
		if (owner && owner != c->place && fits(c->a) && c->hop->next_hop.family == ADDR_IPV4 &&
		    c->hop->end == PATH_GOES_ON)
			arp_ignored(c, owner, to);
		too_wide(c, owner, to);
		unresolved(c, to);
	}
}

static void find(const struct case_facts *facts, struct findings *to)
{
	struct link_case c = {.facts = facts, .a = case_subject(facts)};

	if (!c.a || c.a->ok || facts->asked.op == CASE_BIND)
		return;
	remote_text(c.a, c.remote);
	for (unsigned i = 0; i < facts->forward.n; i++) {
		c.hop = &facts->forward.hops[i];
		c.place = &facts->places[c.hop->place];
		c.order = i;
		look_at_hop(&c, to);
	}
	c.is_reply = true;
	for (unsigned i = 0; i < facts->reverse.n; i++) {
		c.hop = &facts->reverse.hops[i];
		c.place = &facts->places[c.hop->place];
		c.order = 50 + i;
		look_at_hop(&c, to);
	}
}

const struct rule rule_links = {.name = "links", .find = find};
