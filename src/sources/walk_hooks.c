/* SPDX-License-Identifier: MIT */
/* What a packet is at each hook, and what the hooks make of it. */
#include "sources/walk_hooks.h"
#include "base/procfs.h"
#include "sources/conntrack.h"
#include "sources/firewall.h"
#include "sources/routes.h"
#include "sources/segment.h"
#include "sources/world.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

const char *walk_cgroup(struct case_facts *facts)
{
	const struct attempt *a = case_subject(facts);

	return procfs_cgroup(&facts->arena, a ? a->pid : 0);
}

/* Of a SYN or SYN-ACK with these options, padded as Linux does (tcp_options_write). */
static uint16_t handshake_bytes(uint8_t family, uint8_t options)
{
	uint16_t bytes = family == ADDR_IPV6 ? 40 + 20 : 20 + 20;

	if (options & TCP_HAS_MSS)
		bytes += 4;
	if (options & TCP_HAS_TIMESTAMP)
		bytes += 12; /* "SACK permitted" fits into its padding */
	else if (options & TCP_HAS_SACK_PERM)
		bytes += 4;
	if (options & TCP_HAS_WINDOW)
		bytes += 4;
	return bytes;
}

void walk_first_packet(struct walker *w, const struct route_question *q, struct packet *ret)
{
	const struct place *own = &w->facts->places[0];
	const bool tcp = q->ip_proto == IPPROTO_TCP;
	uint8_t options = TCP_HAS_MSS;

	if (place_setting_number(own, "net.ipv4.tcp_window_scaling", 1))
		options |= TCP_HAS_WINDOW;
	if (place_setting_number(own, "net.ipv4.tcp_sack", 1))
		options |= TCP_HAS_SACK_PERM;
	if (place_setting_number(own, "net.ipv4.tcp_timestamps", 1))
		options |= TCP_HAS_TIMESTAMP;
	if (w->facts->asked.fastopen)
		options |= TCP_HAS_FASTOPEN;
	*ret = (struct packet){
		.src = q->src, .dst = q->dst, .src_port = q->src_port, .dst_port = q->dst_port,
		.ip_proto = q->ip_proto, .ttl = 64, .ct_state = CT_STATE_NEW, .mark = q->mark,
		.mark_known = true, .uid = q->uid, .reverse_path = -1,
		.tcp_flags = tcp ? TCP_FLAG_SYN : 0, .tcp_options = tcp ? options : 0,
		.tcp_options_known = true, .has_payload = !tcp, .cgroup = walk_cgroup(w->facts),
	};
	if (tcp && !(options & TCP_HAS_FASTOPEN))
		ret->ip_bytes = handshake_bytes(q->dst.family, options);
	if (tcp && place_setting_number(own, "net.ipv4.tcp_ecn", 2) == 1)
		ret->tcp_flags |= TCP_FLAG_ECE | TCP_FLAG_CWR;
	if (w->facts->asked.ttl)
		ret->ttl = (uint8_t)w->facts->asked.ttl;
	else if (q->dst.family == ADDR_IPV4)
		ret->ttl = (uint8_t)place_setting_number(own, "net.ipv4.ip_default_ttl", 64);
}

void walk_set_in(struct walker *w, unsigned place, uint32_t link, struct packet *p)
{
	const struct link_facts *l = place_link(&w->facts->places[place], link);

	p->in_index = link;
	p->in_name = l ? l->name : NULL;
	p->in_kind = l ? l->kind : NULL;
	p->out_index = 0;
	p->out_name = p->out_kind = NULL;
	p->uid = -1;
	p->cgroup = NULL;
	p->mark = 0; /* a mark is this namespace's own business and does not travel */
	p->mark_known = true;
}

void walk_set_out(struct walker *w, unsigned place, uint32_t link, struct packet *p)
{
	const struct link_facts *l = place_link(&w->facts->places[place], link);

	p->out_index = link;
	p->out_name = l ? l->name : NULL;
	p->out_kind = l ? l->kind : NULL;
}

void walk_conntrack_state(struct walker *w, unsigned place, struct packet *p)
{
	const struct path *there = &w->facts->forward, *back = &w->facts->reverse;

	p->was_dnat = p->was_snat = false;
	p->ct_original_src = p->ct_original_dst = (struct addr){};
	p->ct_original_dst_port = 0;
	if (!w->is_reply && !p->is_data) {
		p->ct_state = CT_STATE_NEW;
		return;
	}
	/* An answer whose request was not seen here, or data whose answer was not, is invalid. */
	bool seen = path_hop_at(p->is_reply ? there : back, place) != NULL;
	p->ct_state = seen ? CT_STATE_ESTABLISHED
		      : p->ip_proto == IPPROTO_TCP ? CT_STATE_INVALID
						   : CT_STATE_NEW;
}

enum nft_fate walk_hook(struct walker *w, unsigned place, const char *hook, struct packet *p)
{
	return firewall_walk(w->firewalls, w->facts, place, hook, p, w->direction);
}

/* What connection tracking really made of this flow counts more than what the rules say now. */
static void follow_conntrack(struct walker *w, unsigned index, const struct packet *before,
			     struct packet *p)
{
	struct place *place = &w->facts->places[index];
	const struct world_netns *netns = world_find(w->world, place->netns);
	const struct flow_tuple flow = {before->src, before->dst, before->src_port,
					before->dst_port, before->ip_proto};
	struct conntrack_entry entry;

	if (!netns || !conntrack_find(w->world, netns, &w->facts->arena, &flow, &entry))
		return;
	entry.differs = !addr_equal(&entry.reply_src, &p->dst) || entry.reply_src_port != p->dst_port;
	struct conntrack_entry *kept = arena_push(
		&w->facts->arena, &place->conntrack.entries, &place->conntrack.n_entries,
		&place->conntrack.room_entries, sizeof(*kept));
	if (kept)
		*kept = entry;
	place->known |= PLACE_CONNTRACK;
	p->dst = entry.reply_src;
	p->dst_port = entry.reply_src_port;
	p->was_dnat |= !addr_equal(&entry.dst, &entry.reply_src) || entry.dst_port != entry.reply_src_port;
	w->new_source = entry.reply_dst;
}

static void remember(struct walker *w, unsigned place, const struct packet *before,
		     const struct packet *p)
{
	if (w->n_translations < N_TRANSLATIONS)
		w->translations[w->n_translations++] = (struct translation){
			place, before->src, before->dst, p->src, p->dst,
			before->src_port, before->dst_port, p->src_port, p->dst_port};
}

void walk_translate_source(struct walker *w, unsigned index, const struct packet *before,
			   struct packet *p)
{
	const struct place *place = &w->facts->places[index];

	if (w->is_reply || p->is_data)
		return;
	if (w->new_source.family && w->new_source.family == p->src.family)
		p->src = w->new_source;
	/* Masquerading takes the first address of the interface it leaves by. */
	for (size_t i = 0; p->was_snat && addr_equal(&before->src, &p->src) && i < place->n_addresses; i++)
		if (place->addresses[i].link == p->out_index &&
		    place->addresses[i].addr.family == p->src.family &&
		    !addr_is_link_local(&place->addresses[i].addr))
			p->src = place->addresses[i].addr;
	if (!addr_equal(&before->src, &p->src))
		remember(w, index, before, p);
}

static enum nft_fate translating(struct walker *w, unsigned place, const char *hook,
				 struct packet *p)
{
	struct packet before = *p;
	enum nft_fate fate = walk_hook(w, place, hook, p);

	w->new_source = (struct addr){};
	if (!w->is_reply && !p->is_data)
		follow_conntrack(w, place, &before, p);

	if (!w->is_reply && !p->is_data &&
	    (before.dst_port != p->dst_port || !addr_equal(&before.dst, &p->dst)))
		remember(w, place, &before, p);
	return fate;
}

enum nft_fate walk_prerouting(struct walker *w, unsigned place, struct packet *p)
{
	return translating(w, place, "prerouting", p);
}

enum nft_fate walk_output(struct walker *w, unsigned place, struct packet *p)
{
	return translating(w, place, "output", p);
}

void walk_untranslate(struct walker *w, unsigned place, struct packet *p)
{
	for (unsigned i = w->n_translations; i-- > 0;) {
		const struct translation *t = &w->translations[i];
		if (t->place != place || !addr_equal(&p->src, &t->new_dst))
			continue;
		p->src = t->dst;
		p->src_port = t->dst_port;
		p->dst = t->src;
		p->dst_port = t->src_port;
		p->was_dnat = true;
	}
}

void walk_untranslate_output(struct walker *w, unsigned place, struct packet *p)
{
	walk_untranslate(w, place, p);
}

static enum nft_fate worse(enum nft_fate a, enum nft_fate b)
{
	return a > b ? a : b;
}

enum nft_fate walk_bridge(struct walker *w, const struct bridge_passed *bridge,
			  const struct packet *packet)
{
	const struct place *place = &w->facts->places[bridge->place];
	const bool local = bridge->out_port == bridge->bridge;
	const bool v4 = packet->src.family == ADDR_IPV4;
	struct packet p = *packet;

	walk_set_in(w, bridge->place, bridge->in_port, &p);
	p.layer = PACKET_BRIDGED;
	enum nft_fate fate = NFT_PASSES;
	if (bridge->in_port) {
		fate = walk_hook(w, bridge->place, "ingress", &p);
		fate = worse(fate, walk_hook(w, bridge->place, "prerouting", &p));
	}
	walk_set_out(w, bridge->place, bridge->out_port, &p);
	fate = worse(fate, walk_hook(w, bridge->place, local ? "input" : "forward", &p));
	if (!local)
		fate = worse(fate, walk_hook(w, bridge->place, "postrouting", &p));
	/* br_netfilter: an IP packet in a bridged frame goes through the IP hooks as well. */
	long calls = place_setting_number(place, v4 ? "net.bridge.bridge-nf-call-iptables"
						    : "net.bridge.bridge-nf-call-ip6tables", 0);
	if (!calls || local || packet->layer != PACKET_IP || p.is_arp_frame || !bridge->in_port)
		return fate;
	const size_t first = place->n_verdicts;
	p.layer = PACKET_IP;
	walk_conntrack_state(w, bridge->place, &p);
	/* Both directions of a switched connection pass the same bridge. */
	p.ct_state = packet->is_reply || packet->is_data ? CT_STATE_ESTABLISHED : CT_STATE_NEW;
	walk_set_in(w, bridge->place, bridge->bridge, &p);
	fate = worse(fate, walk_hook(w, bridge->place, "prerouting", &p));
	walk_set_out(w, bridge->place, bridge->bridge, &p);
	fate = worse(fate, walk_hook(w, bridge->place, "forward", &p));
	fate = worse(fate, walk_hook(w, bridge->place, "postrouting", &p));
	place = &w->facts->places[bridge->place];
	for (size_t i = first; i < place->n_verdicts; i++)
		place->verdicts[i].by_bridge = true;
	return fate;
}

static void resolve_arp(struct walker *w, unsigned place, uint32_t link, const struct addr *next_hop,
			const struct segment_end *end)
{
	struct packet p = {.layer = PACKET_ARP, .src = addr_any(ADDR_IPV4), .dst = *next_hop,
			   .arp_operation = 1, .uid = -1, .reverse_path = -1};

	walk_set_out(w, place, link, &p);
	walk_hook(w, place, "output", &p);
	for (unsigned i = 0; i < end->n_bridges; i++) {
		p.is_arp_frame = true;
		walk_bridge(w, &end->bridges[i], &p);
		p.is_arp_frame = false;
		p.layer = PACKET_ARP;
	}
	walk_set_in(w, end->place, end->in_link, &p);
	walk_hook(w, end->place, "ingress", &p);
	walk_hook(w, end->place, "input", &p);
	p.arp_operation = 2;
	p.src = *next_hop;
	p.in_name = NULL;
	walk_set_out(w, end->place, end->in_link, &p);
	walk_hook(w, end->place, "output", &p);
	walk_set_in(w, place, link, &p);
	walk_hook(w, place, "input", &p);
}

static void resolve_nd(struct walker *w, unsigned place, uint32_t link, const struct addr *next_hop,
		       const struct segment_end *end)
{
	struct packet p = {.src = addr_any(ADDR_IPV6), .dst = *next_hop, .ip_proto = IPPROTO_ICMPV6,
			   .icmp_type = 135, .ttl = 255, .ct_state = CT_STATE_UNTRACKED, .uid = -1,
			   .reverse_path = -1};
	const struct place *from = &w->facts->places[place];

	for (size_t i = 0; i < from->n_addresses; i++)
		if (from->addresses[i].link == link && from->addresses[i].addr.family == ADDR_IPV6)
			p.src = from->addresses[i].addr;
	walk_set_out(w, place, link, &p);
	walk_hook(w, place, "output", &p);
	walk_set_in(w, end->place, end->in_link, &p);
	walk_hook(w, end->place, "ingress", &p);
	walk_hook(w, end->place, "prerouting", &p);
	walk_hook(w, end->place, "input", &p);
	struct addr asker = p.src;
	p.src = *next_hop;
	p.dst = asker;
	p.icmp_type = 136;
	walk_set_out(w, end->place, end->in_link, &p);
	p.in_name = NULL;
	walk_hook(w, end->place, "output", &p);
	walk_set_in(w, place, link, &p);
	walk_hook(w, place, "input", &p);
}

void walk_address_resolution(struct walker *w, unsigned place, uint32_t link,
			     const struct addr *next_hop, const struct segment_end *end)
{
	const enum event_direction direction = w->direction;

	w->direction = EVENT_RELATED;
	if (next_hop->family == ADDR_IPV4)
		resolve_arp(w, place, link, next_hop, end);
	else
		resolve_nd(w, place, link, next_hop, end);
	w->direction = direction;
}
