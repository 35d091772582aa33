/* SPDX-License-Identifier: MIT */
/* Hop by hop: route, firewall, link; there and back again. */
#include "sources/walk.h"
#include "core/arrival.h"
#include "core/case.h"
#include "core/packet.h"
#include "sources/firewall.h"
#include "sources/place_collect.h"
#include "sources/segment.h"
#include "sources/walk_hooks.h"
#include "sources/world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static struct place *place_at(struct walker *w, unsigned index)
{
	return &w->facts->places[index];
}

static struct netlink *route_socket(struct walker *w, unsigned place)
{
	struct world_netns *netns = world_find(w->world, place_at(w, place)->netns);

	return netns ? world_route(w->world, netns) : NULL;
}

static int ask(struct walker *w, unsigned place, const struct route_question *q,
	       struct route_decision *ret)
{
	struct netlink *nl = route_socket(w, place);

	return nl ? route_ask(nl, &w->facts->arena, place_at(w, place), q, ret) : -EPERM;
}

static struct path_hop *new_hop(struct path *path, unsigned place, const struct packet *p)
{
	if (path->n == N_PATH_HOPS)
		return NULL;
	struct path_hop *hop = &path->hops[path->n++];
	*hop = (struct path_hop){.place = place, .src = p->src, .dst = p->dst,
				 .src_port = p->src_port, .dst_port = p->dst_port, .ttl = p->ttl,
				 .in_link = p->in_index, .other_place = UINT32_MAX};
	return hop;
}

static void stop(struct path_hop *hop, const char *reason, unsigned place, uint32_t link)
{
	hop->end = PATH_STOPS;
	hop->reason = reason;
	hop->stop_place = place;
	hop->stop_link = link;
}

/* Does the route back to the packet's source use the interface it came in on? */
static void look_back(struct walker *w, struct path_hop *hop, struct packet *p)
{
	struct route_question q = {.dst = p->src, .src = p->dst, .uid = -1, .mark = p->mark,
				   .ip_proto = p->ip_proto};

	p->reverse_path = -1;
	/* rp_filter asks with the addresses swapped, as if the answer came in from nowhere. */
	if (ask(w, hop->place, &q, &hop->back) &&
	    (q.src = (struct addr){}, ask(w, hop->place, &q, &hop->back)))
		return;
	if (hop->back.error && q.src.family) { /* the destination is not ours: ask without it */
		q.src = (struct addr){};
		if (ask(w, hop->place, &q, &hop->back))
			return;
	}
	p->reverse_path = !hop->back.error && hop->back.out_link == p->in_index;
}

static const char *reason_of(const struct route_decision *route)
{
	if (route->rule_rejects)
		return "rule-rejects";
	if (route->type == RTN_BLACKHOLE || route->type == RTN_UNREACHABLE ||
	    route->type == RTN_PROHIBIT)
		return "route-rejects";
	return "no-route";
}

/* The input look-up refuses a packet whose tables would take it: its source or target is odd. */
static const char *refused_source(struct walker *w, const struct path_hop *hop,
				  const struct packet *p)
{
	const struct place *place = place_at(w, hop->place);
	const struct link_facts *in = place_link(place, p->in_index);
	char name[96];

	snprintf(name, sizeof(name), "net.ipv4.conf.%s.rp_filter", in ? in->name : "all");
	long own = place_setting_number(place, name, 0);
	long all = place_setting_number(place, "net.ipv4.conf.all.rp_filter", 0);
	if (addr_is_loopback(&p->dst) || addr_is_loopback(&p->src) || place_address(place, &p->src))
		return "martian";
	if ((own || all) && (hop->back.error || hop->back.out_link != p->in_index))
		return "rp-filter";
	return "martian";
}

/* The routing decision of a packet that came in; false when it ends here. */
static bool route_in(struct walker *w, struct path_hop *hop, struct packet *p)
{
	struct route_question q = {.dst = p->dst, .src = p->src, .in_link = p->in_index,
				   .mark = p->mark, .uid = -1, .ip_proto = p->ip_proto,
				   .src_port = p->src_port, .dst_port = p->dst_port};
	struct place *place = place_at(w, hop->place);

	if (ask(w, hop->place, &q, &hop->route)) {
		hop->end = PATH_OUT_OF_SIGHT;
		return false;
	}
	if (!hop->route.error && hop->route.type == RTN_LOCAL) {
		hop->dropped_on_paper |= walk_hook(w, hop->place, "input", p) == NFT_STOPS;
		hop->end = PATH_DELIVERED;
		return false;
	}
	if (hop->route.type == RTN_LOCAL) {
		stop(hop, refused_source(w, hop, p), hop->place, p->in_index);
		return false;
	}
	char name[96];
	const struct link_facts *in = place_link(place, p->in_index);
	const bool v4 = p->dst.family == ADDR_IPV4;
	snprintf(name, sizeof(name), v4 ? "net.ipv4.conf.%s.forwarding"
					: "net.ipv6.conf.%s.forwarding", in ? in->name : "all");
	long forwards = place_setting_number(place, name, 1);
	if (!v4)
		forwards |= place_setting_number(place, "net.ipv6.conf.all.forwarding", 1);
	/* With forwarding off an IPv4 look-up of a foreign packet is EHOSTUNREACH whatever the route. */
	if (!forwards) {
		stop(hop, "forwarding-off", hop->place, p->in_index);
		return false;
	}
	if (hop->route.error) {
		const bool taken = hop->route.type == RTN_UNICAST;
		stop(hop, taken ? refused_source(w, hop, p) : reason_of(&hop->route), hop->place,
		     p->in_index);
		return false;
	}
	hop->out_link = hop->route.out_link;
	walk_set_out(w, hop->place, hop->out_link, p);
	hop->dropped_on_paper |= walk_hook(w, hop->place, "forward", p) == NFT_STOPS;
	if (p->ttl)
		p->ttl--;
	return true;
}

/* The packet leaves the place by its interface and looks for the next hop's owner. */
static bool send_on(struct walker *w, struct path *path, struct path_hop *hop, struct packet *p,
		 struct segment_end *end)
{
	struct place *place = place_at(w, hop->place);
	const struct link_facts *out = place_link(place, hop->out_link);

	const struct packet before = *p;
	hop->dropped_on_paper |= walk_hook(w, hop->place, "postrouting", p) == NFT_STOPS;
	walk_translate_source(w, hop->place, &before, p);
	hop->dropped_on_paper |= walk_hook(w, hop->place, "egress", p) == NFT_STOPS;
	hop->sent_src = p->src;
	hop->sent_dst = p->dst;
	hop->sent_src_port = p->src_port;
	hop->sent_dst_port = p->dst_port;
	if (!out) {
		hop->end = PATH_OUT_OF_SIGHT;
		return false;
	}
	hop->next_hop = hop->route.gateway.family ? hop->route.gateway : p->dst;
	const struct neighbour *n = place_neighbour(place, hop->out_link, &hop->next_hop);
	hop->next_hop_state = n ? n->state : 0;
	if (!w->everywhere) {
		hop->end = PATH_OUT_OF_SIGHT;
		return false;
	}
	const unsigned from = hop->place;
	segment_follow(w->facts, w->world, from, hop->out_link, &hop->next_hop, end);
	if (end->owners > 1)
		hop->other_place = end->other_place;
	if (end->found && !end->reason) {
		walk_address_resolution(w, from, hop->out_link, &hop->next_hop, end);
		for (unsigned i = 0; i < end->n_bridges; i++)
			hop->dropped_on_paper |= walk_bridge(w, &end->bridges[i], p) == NFT_STOPS;
		return true;
	}
	if (end->reason)
		stop(hop, end->reason, end->reason_place, end->reason_link);
	else if (end->out_of_sight)
		hop->end = PATH_OUT_OF_SIGHT;
	else
		stop(hop, "neighbour", from, hop->out_link);
	/* An obstacle on the segment, yet somebody there has the address: go on as if it were not. */
	return end->found;
}

/* Has the packet been where it is now? */
static bool is_circle(const struct path *path)
{
	const struct path_hop *last = &path->hops[path->n - 1];

	for (unsigned i = 0; i + 1 < path->n; i++)
		if (path->hops[i].place == last->place && path->hops[i].out_link == last->out_link)
			return true;
	return false;
}

/* From the second hop on. */
static void follow(struct walker *w, struct path *path, struct packet *p, struct segment_end end)
{
	while (path->n < N_PATH_HOPS) {
		walk_set_in(w, end.place, end.in_link, p);
		struct path_hop *hop = new_hop(path, end.place, p);
		hop->dropped_on_paper |= walk_hook(w, hop->place, "ingress", p) == NFT_STOPS;
		if (w->is_reply)
			walk_untranslate(w, hop->place, p);
		walk_conntrack_state(w, hop->place, p);
		look_back(w, hop, p);
		hop->dropped_on_paper |= walk_prerouting(w, hop->place, p) == NFT_STOPS;
		if (!route_in(w, hop, p))
			return;
		if (!send_on(w, path, hop, p, &end))
			return;
		if (p->ttl == 1 || path->n >= N_PATH_HOPS - 1) {
			stop(hop, is_circle(path) ? "loop" : "ttl", hop->place, hop->out_link);
			return;
		}
	}
}

/* The packet is made in @place and routed by hop->route. */
static void start(struct walker *w, struct path *path, unsigned place, struct packet *p,
		  struct route_question *q)
{
	struct path_hop *hop = new_hop(path, place, p);
	struct segment_end end;

	if (!hop || ask(w, place, q, &hop->route))
		return;
	/* connect() asks again with the source address that the first answer gave. */
	if (!hop->route.error && q->src.family == ADDR_NONE && hop->route.source.family) {
		struct route_decision again;
		q->src = hop->route.source;
		if (!ask(w, place, q, &again)) {
			if (again.source.family == ADDR_NONE)
				again.source = hop->route.source;
			hop->route = again;
		}
	}
	if (q->src.family)
		hop->src = p->src = q->src;
	if (hop->route.error) {
		stop(hop, reason_of(&hop->route), place, 0);
		return;
	}
	hop->out_link = hop->route.out_link;
	walk_set_out(w, place, hop->out_link, p);
	walk_conntrack_state(w, place, p);
	const struct addr dst = p->dst;
	hop->dropped_on_paper |= walk_output(w, place, p) == NFT_STOPS;
	if (!addr_equal(&dst, &p->dst)) { /* translated on output: routed anew */
		q->dst = p->dst;
		q->dst_port = p->dst_port;
		if (ask(w, place, q, &hop->route))
			return;
		hop->out_link = hop->route.out_link;
		walk_set_out(w, place, hop->out_link, p);
	}
	if (hop->route.type == RTN_LOCAL) {
		walk_set_in(w, place, hop->out_link, p);
		hop->dropped_on_paper |= walk_hook(w, place, "prerouting", p) == NFT_STOPS;
		hop->dropped_on_paper |= walk_hook(w, place, "input", p) == NFT_STOPS;
		hop->sent_src = p->src;
		hop->sent_dst = p->dst;
		hop->sent_src_port = p->src_port;
		hop->sent_dst_port = p->dst_port;
		hop->end = PATH_DELIVERED;
		return;
	}
	if (w->is_reply)
		walk_untranslate_output(w, place, p);
	if (send_on(w, path, hop, p, &end))
		follow(w, path, p, end);
}

/* The answer: made where the packet arrived, with its addresses turned round. */
static void walk_back(struct walker *w, const struct path_hop *target, const struct packet *arrived)
{
	struct packet p = *arrived;
	struct route_question q = {.dst = arrived->src, .src = arrived->dst, .uid = -1,
				   .ip_proto = arrived->ip_proto, .src_port = arrived->dst_port,
				   .dst_port = arrived->src_port};
	const unsigned place = target->place;

	w->is_reply = true;
	w->direction = EVENT_REVERSE;
	p.src = arrived->dst;
	p.dst = arrived->src;
	p.src_port = arrived->dst_port;
	p.dst_port = arrived->src_port;
	p.tcp_flags = TCP_FLAG_SYN | TCP_FLAG_ACK;
	p.ttl = 64;
	p.is_reply = true;
	p.in_name = p.out_name = NULL;
	p.in_index = p.out_index = 0;
	p.mark = 0;
	p.was_dnat = p.was_snat = false;
	p.uid = -1;
	p.cgroup = NULL;
	start(w, &w->facts->reverse, place, &p, &q);
}

/* Only this host can be seen: at least its own firewall can be asked what it makes of an answer. */
static void answer_arrives(struct walker *w, const struct packet *sent)
{
	const struct path_hop *first = &w->facts->forward.hops[0];
	struct packet p = *sent;

	w->is_reply = true;
	w->direction = EVENT_REVERSE;
	p.src = first->dst;
	p.dst = first->src;
	p.src_port = first->dst_port;
	p.dst_port = first->src_port;
	p.tcp_flags = TCP_FLAG_SYN | TCP_FLAG_ACK;
	p.is_reply = true;
	p.ttl = 0;
	walk_set_in(w, 0, first->out_link, &p);
	p.ct_state = CT_STATE_ESTABLISHED;
	walk_hook(w, 0, "ingress", &p);
	walk_hook(w, 0, "prerouting", &p);
	walk_hook(w, 0, "input", &p);
}

void walk_paths(struct case_facts *facts, struct world *world, struct firewalls *firewalls,
		const struct route_question *question)
{
	struct walker w = {.facts = facts, .world = world, .firewalls = firewalls,
			   .everywhere = facts->asked.all_netns, .direction = EVENT_FORWARD};
	struct packet p;
	struct route_question q = *question;

	walk_first_packet(&w, &q, &p);
	start(&w, &facts->forward, 0, &p, &q);
	const struct path_hop *target = path_target(&facts->forward);
	if (target && (facts->forward.n > 1 || facts->asked.all_netns))
		walk_back(&w, target, &p);
	else if (!target && facts->forward.n == 1 && facts->forward.hops[0].end == PATH_OUT_OF_SIGHT)
		answer_arrives(&w, &p);
	walk_data(&w, &q);
}

/* A look-up of what comes in by lo is refused, but routing was done where it was sent. */
static void arrive_by_loopback(struct walker *w, uint32_t link, struct packet *p)
{
	walk_set_in(w, 0, link, p);
	struct path_hop *hop = new_hop(&w->facts->forward, 0, p);

	if (!hop)
		return;
	hop->dropped_on_paper |= walk_prerouting(w, 0, p) == NFT_STOPS;
	hop->dropped_on_paper |= walk_hook(w, 0, "input", p) == NFT_STOPS;
	hop->end = PATH_DELIVERED;
}

void walk_arrival(struct case_facts *facts, struct world *world, struct firewalls *firewalls,
		  const struct arrival *arrival)
{
	struct walker w = {.facts = facts, .world = world, .firewalls = firewalls,
			   .everywhere = facts->asked.all_netns, .direction = EVENT_FORWARD};
	const bool tcp = arrival->ip_proto == IPPROTO_TCP;
	struct packet p = {
		.src = arrival->src, .dst = arrival->dst, .src_port = arrival->src_port,
		.dst_port = arrival->dst_port, .ip_proto = arrival->ip_proto, .ttl = arrival->ttl,
		.tcp_flags = arrival->tcp_flags, .ct_state = CT_STATE_NEW, .uid = -1,
		.reverse_path = -1, .has_payload = !tcp,
	};
	const struct segment_end here = {.place = 0, .in_link = arrival->link};

	const struct link_facts *in = place_link(&facts->places[0], arrival->link);
	if (in && in->flags & IFF_LOOPBACK)
		arrive_by_loopback(&w, arrival->link, &p);
	else
		follow(&w, &facts->forward, &p, here);
	const struct path_hop *target = path_target(&facts->forward);
	if (target)
		walk_back(&w, target, &p);
}
