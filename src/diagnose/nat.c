/* SPDX-License-Identifier: MIT */
/* Address translation: to dead backends, past itself, to loopback, by old entries, to no proxy. */
#include "core/sock.h"
#include "diagnose/drops.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <string.h>

struct nat_case {
	const struct case_facts *facts;
	const struct attempt *a;
	const struct place *place;
	const struct firewall_verdict *v;
	const char *label, *rule;
	char backend[ADDR_TEXT_SIZE + 8];
	char remote[ADDR_TEXT_SIZE + 8];
};

static struct finding *start(const struct nat_case *c, enum cause cause, enum proof proof,
			     struct findings *to)
{
	struct finding *f = finding_add(to, cause, proof);

	finding_place(to, f, "%s", c->label);
	finding_evidence(to, f, "nft", "%s: %s", c->rule, c->v->text ? c->v->text : "translates");
	return f;
}

/* Where the flow was really sent: the tracked connection tells, else the rule. */
static bool find_backend(struct nat_case *c)
{
	const struct conntrack_facts *ct = &c->place->conntrack;

	for (size_t i = 0; i < ct->n_entries; i++) {
		const struct conntrack_entry *e = &ct->entries[i];
		if (addr_equal(&e->dst, &e->reply_src) && e->dst_port == e->reply_src_port)
			continue;
		addr_format_port(&e->reply_src, e->reply_src_port, c->backend);
		return true;
	}
	for (unsigned i = 0; i < c->facts->forward.n; i++) {
		const struct path_hop *hop = &c->facts->forward.hops[i];
		if (&c->facts->places[hop->place] != c->place || !hop->sent_dst.family)
			continue;
		addr_format_port(&hop->sent_dst, hop->sent_dst_port, c->backend);
		return true;
	}
	if (c->v->to.family == ADDR_NONE && !c->v->to_port)
		return false;
	const struct addr *to = c->v->to.family ? &c->v->to : &c->a->remote;
	addr_format_port(to, c->v->to_port ? c->v->to_port : c->a->remote_port, c->backend);
	return true;
}

static bool target_listens(const struct case_facts *facts)
{
	const struct path_hop *hop = path_target(&facts->forward);
	const struct place *target = hop ? &facts->places[hop->place] : NULL;
	const uint16_t port = !hop ? 0 : hop->sent_dst_port ? hop->sent_dst_port : hop->dst_port;

	for (size_t i = 0; target && i < target->n_sockets; i++) {
		const struct place_socket *s = &target->sockets[i];
		if (s->netns == target->netns && s->local_port == port &&
		    s->state == SOCK_STATE_LISTEN &&
		    (addr_is_any(&s->local) || same_host(&s->local, &hop->dst)))
			return true;
	}
	return false;
}

static void to_loopback(const struct nat_case *c, struct findings *to)
{
	if (!addr_is_loopback(&c->v->to) || !is_silent(c->a))
		return;
	long allowed = place_setting_number(c->place, "net.ipv4.conf.all.route_localnet", 0);
	if (allowed || c->v->hook[0] == 'o')
		return;
	struct finding *f = start(c, CAUSE_DNAT_TO_LOOPBACK, PROOF_KERNEL, to);
	finding_says(to, f, "%s translates the packets to %s, but packets from outside may not go to "
			    "127.0.0.0/8.", c->label, c->backend);
	finding_evidence(to, f, "sysctl", "net.ipv4.conf.all.route_localnet = 0");
	if (f)
		f->inferred = !shown_at(c->facts, c->place);
	const struct kernel_event *drop = find_drop(c->facts, c->place->netns, NULL, "IP_LOCALNET");
	if (drop)
		drop_evidence(to, f, drop);
	finding_fix(to, f, "sysctl net.ipv4.conf.all.route_localnet=1 there, or listen on an address");
}

static bool is_refusal(const struct attempt *a)
{
	return is_reset_refused(a) || (a->error == ECONNREFUSED && !a->connected);
}

/* Was it seen: the backend's own kernel refused, or the packet ended where the path does? */
static bool backend_failed(const struct nat_case *c, bool refused)
{
	const struct path *there = &c->facts->forward;
	const struct path_hop *last = there->n ? &there->hops[there->n - 1] : NULL;

	if (!last)
		return false;
	const struct place *place = &c->facts->places[last->place];
	if (!refused)
		return shown_at(c->facts, place) || c->a->error == EHOSTUNREACH;
	return last->end == PATH_DELIVERED &&
	       (!c->facts->events_watched ||
		find_event(c->facts, place->netns, KERNEL_EVENT_RESET_SENT) ||
		first_icmp(c->a));
}

static void dead_backend(const struct nat_case *c, struct findings *to)
{
	const struct path *there = &c->facts->forward;
	const bool unreached = there->n && there->hops[there->n - 1].end == PATH_STOPS;
	const bool refused = is_refusal(c->a) && !target_listens(c->facts);
	const bool unreachable = (c->a->error == EHOSTUNREACH || is_silent(c->a) || first_icmp(c->a)) &&
				 unreached;

	if (addr_is_loopback(&c->v->to) || (!refused && !unreachable))
		return;
	struct finding *f = start(c, CAUSE_DNAT_BACKEND_DEAD, PROOF_KERNEL, to);
	if (f) {
		f->bonus = 50;
		f->inferred = !backend_failed(c, refused);
	}
	finding_says(to, f, "%s sends the connection on to %s, which %s.", c->label, c->backend,
		     refused ? "refuses: nothing listens there" : "cannot be reached");
	finding_evidence(to, f, "conntrack", "the backend of this connection is %s", c->backend);
	finding_fix(to, f, "start the backend, or change the rule");
}

static void redirected_here(const struct nat_case *c, struct findings *to)
{
	if (!c->place->is_self || strcmp(c->v->hook, "output") != 0 || c->a->connected)
		return;
	struct finding *f = start(c, CAUSE_LOCAL_REDIRECT, PROOF_KERNEL, to);
	if (f) {
		f->bonus = 60;
		f->inferred = c->v->certainty == VERDICT_POSSIBLE && !c->v->counter_rose;
	}
	finding_says(to, f, "A NAT rule on this host sends its own connection to %s on to %s.",
		     c->remote, c->backend);
	finding_evidence(to, f, "nft", "the real destination is %s", c->backend);
	finding_fix(to, f, "change or delete the rule");
}

static void reply_bypasses(const struct nat_case *c, struct findings *to)
{
	const struct path *back = &c->facts->reverse;
	const uint32_t place = (uint32_t)(c->place - c->facts->places);

	if (!is_silent(c->a) || !path_target(&c->facts->forward) || !back->n ||
	    path_hop_at(back, place) || back->hops[back->n - 1].end != PATH_DELIVERED)
		return;
	struct finding *f = start(c, CAUSE_NAT_REPLY_BYPASS, PROOF_KERNEL, to);
	const struct place *own = case_own_place(c->facts);
	if (f) /* the asker's kernel threw the strange answer away */
		f->inferred = !find_drop(c->facts, own->netns, NULL, "NO_SOCKET") &&
			      !find_event(c->facts, own->netns, KERNEL_EVENT_RESET_SENT) &&
			      !c->facts->probes.stray.seen;
	finding_says(to, f, "%s translates the connection to %s, but the answers do not come back through "
			    "it: they arrive from %s, which nobody dialled.", c->label, c->backend,
		     c->backend);
	finding_evidence(to, f, "path", "the answer goes straight from %s to the client",
			 c->backend);
	finding_fix(to, f, "translate the source as well (masquerade) for clients of the same network");
}

static void stale_entry(const struct nat_case *c, struct findings *to)
{
	const struct conntrack_facts *ct = &c->place->conntrack;
	char src[ADDR_TEXT_SIZE + 8], old[ADDR_TEXT_SIZE + 8];

	for (size_t i = 0; i < ct->n_entries; i++) {
		const struct conntrack_entry *e = &ct->entries[i];
		if (!e->differs || c->v->to_unknown)
			continue;
		struct finding *f = start(c, CAUSE_STALE_CONNTRACK, PROOF_KERNEL, to);
		if (f)
			f->bonus = 70;
		addr_format_port(&e->src, e->src_port, src);
		addr_format_port(&e->reply_src, e->reply_src_port, old);
		finding_says(to, f, "An old connection tracking entry in %s still sends what comes from %s "
				    "to %s, although the rules say otherwise now.", c->label, src, old);
		finding_evidence(to, f, "conntrack", "src=%s reply src=%s state %s", src, old,
				 e->state ? e->state : "?");
		finding_fix(to, f, "conntrack -D -p tcp --orig-port-src %u there, or wait until it ends",
			    e->src_port);
	}
}

static void tproxy(const struct nat_case *c, struct findings *to)
{
	if (c->v->verdict != VERDICT_TPROXY || (!is_silent(c->a) && !is_refusal(c->a)))
		return;
	const struct path_hop *end = path_target(&c->facts->forward);
	const bool diverted = end && &c->facts->places[end->place] == c->place &&
			      !place_address(c->place, &end->dst);
	struct finding *f = start(c, CAUSE_TPROXY_NO_LISTENER, diverted ? PROOF_KERNEL : PROOF_FITS,
				  to);
	if (f) { /* the packets do end here; that the proxy is missing is concluded from that */
		f->bonus = 30;
		f->inferred = !find_event(c->facts, c->place->netns, KERNEL_EVENT_RESET_SENT);
	}
	finding_says(to, f, "A TPROXY rule in %s diverts the connection to a local proxy (port %u) that "
			    "does not take it.", c->label, c->v->to_port);
	finding_fix(to, f, "start the proxy, or remove the rule");
}

/* The source is translated to a few ports, and the kernel drops where it would choose one. */
static void ports_exhausted(const struct nat_case *c, struct findings *to)
{
	const struct conntrack_facts *ct = &c->place->conntrack;
	const struct kernel_event *drop = find_drop(c->facts, c->place->netns, "nf_hook_slow", NULL);
	const bool full = ct->max && ct->count + ct->max / 50 >= ct->max;

	if (c->v->verdict != VERDICT_SNAT || !is_silent(c->a) || !drop || full)
		return;
	struct finding *f = start(c, CAUSE_NAT_PORTS_EXHAUSTED, PROOF_FITS, to);
	if (f)
		f->bonus = 20;
	finding_says(to, f, "%s translates the source, but finds no free port for another connection to "
			    "this destination: the packet is dropped.", c->label);
	drop_evidence(to, f, drop);
	finding_evidence(to, f, "conntrack", "the table is not full: %llu of %llu entries",
			 (unsigned long long)ct->count, (unsigned long long)ct->max);
	finding_fix(to, f, "give the rule more ports or addresses, or end old connections");
}

static void find_at(struct nat_case *c, struct findings *to)
{
	if (c->v->direction != EVENT_FORWARD || c->v->is_data)
		return;
	ports_exhausted(c, to);
	tproxy(c, to);
	if (c->v->verdict != VERDICT_DNAT && c->v->verdict != VERDICT_REDIRECT)
		return;
	if (!find_backend(c))
		return;
	redirected_here(c, to);
	to_loopback(c, to);
	stale_entry(c, to);
	if (!c->place->is_self || strcmp(c->v->hook, "output") != 0)
		dead_backend(c, to);
	reply_bypasses(c, to);
}

/*
 * From the client alone: an answer came from an address that was not asked, and this kernel
 * refused it.
 */
static void answers_from_elsewhere(const struct case_facts *facts, const struct attempt *a,
				   struct findings *to)
{
	const struct place *own = case_own_place(facts);
	const bool udp = a->proto == SOCK_PROTO_UDP;
	char from[ADDR_TEXT_SIZE + 8], remote[ADDR_TEXT_SIZE + 8];

	if (!own || !is_silent(a) || !a->local_port)
		return;
	for (size_t i = 0; i < facts->n_events; i++) {
		const struct kernel_event *e = &facts->events[i];
		if (e->netns != own->netns || e->kind != KERNEL_EVENT_DROP || !e->reason ||
		    strcmp(e->reason, "NO_SOCKET") != 0 || e->dst_port != a->local_port ||
		    (same_host(&e->src, &a->remote) && e->src_port == a->remote_port))
			continue;
		struct finding *f = finding_add(to, udp ? CAUSE_UDP_REPLY_OTHER_SOURCE
							: CAUSE_NAT_REPLY_BYPASS, PROOF_KERNEL);
		addr_format_port(&e->src, e->src_port, from);
		finding_place(to, f, "%s", place_label(to, facts, own));
		finding_says(to, f, "The answer comes from %s, but %s was asked: this host throws it away.",
			     from, remote_text(a, remote));
		drop_evidence(to, f, e);
		finding_fix(to, f, udp ? "make the server answer from the address it was asked at"
				       : "make the answers pass the machine that translates");
		return;
	}
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	struct nat_case c = {.facts = facts, .a = a};

	if (!a || a->ok || a->connected || facts->asked.op == CASE_BIND)
		return;
	remote_text(a, c.remote);
	for (size_t p = 0; p < facts->n_places; p++) {
		c.place = &facts->places[p];
		c.label = place_label(to, facts, c.place);
		for (size_t i = 0; i < c.place->n_verdicts; i++) {
			c.v = &c.place->verdicts[i];
			c.rule = c.v->firewall == FIREWALL_IPTABLES_LEGACY
					 ? arena_printf(&to->arena, "iptables-legacy table %s chain %s rule %u",
							c.v->table, c.v->chain, c.v->rule_number)
					 : arena_printf(&to->arena, "table %s %s chain %s handle %llu",
							c.v->family, c.v->table, c.v->chain,
							(unsigned long long)c.v->handle);
			find_at(&c, to);
		}
	}
	/* The machine that translates says more than the client's own kernel can. */
	for (size_t i = 0; i < to->n; i++)
		if (to->all[i]->cause == CAUSE_NAT_REPLY_BYPASS)
			return;
	answers_from_elsewhere(facts, a, to);
}

const struct rule rule_nat = {.name = "nat", .find = find};
