/* SPDX-License-Identifier: MIT */
/* Following frames over veth pairs, bridges, macvlans, VLANs, VXLANs and tunnels of one program. */
#include "sources/segment.h"
#include "core/case.h"
#include "sources/place_collect.h"
#include "sources/tunnels.h"
#include "sources/world.h"

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/if.h>
#include <string.h>

enum { MAX_DEPTH = 8 };

struct follow {
	struct case_facts *facts;
	struct world *world;
	const struct addr *wanted;
	struct segment_end *end;
	struct bridge_passed trail[N_SEGMENT_BRIDGES];
	unsigned n_trail, depth;
	unsigned from_place; /* where the frame started: not a candidate itself */
	uint32_t from_link;
};

static const struct link_facts *link_at(const struct follow *f, unsigned place, uint32_t index)
{
	return place_link(&f->facts->places[place], index);
}

/* Remember the first thing on the segment that would keep a frame from passing. */
static void blocked(struct follow *f, const char *reason, unsigned place, uint32_t link)
{
	if (f->end->reason)
		return;
	f->end->reason = reason;
	f->end->reason_place = place;
	f->end->reason_link = link;
}

static void arrived(struct follow *f, unsigned place, uint32_t link)
{
	if (f->end->owners++) {
		if (place != f->end->place)
			f->end->other_place = place;
		else
			f->end->owners--;
		return;
	}
	f->end->found = true;
	f->end->place = place;
	f->end->in_link = link;
	memcpy(f->end->bridges, f->trail, sizeof(f->trail));
	f->end->n_bridges = f->n_trail;
}

static void leave(struct follow *f, unsigned place, uint32_t link);

/* The frame floods through all other ports: whoever has the address will be behind one of them. */
static void through_bridge(struct follow *f, unsigned place, uint32_t in_port, uint32_t bridge)
{
	if (f->n_trail == N_SEGMENT_BRIDGES)
		return;
	struct bridge_passed *passed = &f->trail[f->n_trail++];
	for (size_t i = 0; i < f->facts->places[place].n_links; i++) {
		const struct link_facts port = f->facts->places[place].links[i];
		if (port.master != bridge || port.index == in_port)
			continue;
		*passed = (struct bridge_passed){place, bridge, in_port, port.index};
		struct segment_end before = *f->end;
		leave(f, place, port.index);
		if (!f->end->found || before.found)
			continue;
		const struct link_facts *in = link_at(f, place, in_port);
		bool isolated = in && in->port_isolated && port.port_isolated;
		bool stuck = port.port_state != BR_STATE_FORWARDING ||
			     (in_port && in && in->port_state != BR_STATE_FORWARDING);
		if (!isolated && !stuck)
			continue;
		/* Found, but only behind a port that does not let the frame through. */
		struct segment_end found = *f->end;
		*f->end = before;
		f->end->place = found.place;
		f->end->in_link = found.in_link;
		blocked(f, isolated ? "port-isolated" : "port-blocked", place, port.index);
	}
	f->n_trail--;
}

/* Devices that live on another one and have an address of their own there. */
static bool is_child(const struct link_facts *link)
{
	return !strcmp(link->kind, "macvlan") || !strcmp(link->kind, "ipvlan");
}

/* A frame has come in at interface @link of @place. */
static void enter(struct follow *f, unsigned place, uint32_t link)
{
	const struct link_facts *l = link_at(f, place, link);

	if (!l)
		return;
	if (!(l->flags & IFF_UP)) {
		blocked(f, "link-down", place, link);
		return;
	}
	const struct link_facts *master = l->master ? link_at(f, place, l->master) : NULL;
	const bool is_bridged = master && !strcmp(l->slave_kind, "bridge");
	uint32_t in_link = is_bridged ? master->index : link;
	if (place_address(&f->facts->places[place], f->wanted)) {
		if (is_bridged && f->n_trail < N_SEGMENT_BRIDGES) {
			f->trail[f->n_trail++] =
				(struct bridge_passed){place, master->index, link, master->index};
			arrived(f, place, in_link);
			f->n_trail--;
		} else {
			arrived(f, place, in_link);
		}
	}
	if (is_bridged)
		through_bridge(f, place, link, master->index);
	/* Their lower device gets frames for all of its children. */
	for (size_t p = 0; p < f->facts->n_places; p++)
		for (size_t i = 0; i < f->facts->places[p].n_links; i++) {
			const struct link_facts *child = &f->facts->places[p].links[i];
			if (!is_child(child) || child->peer_index != link ||
			    child->peer_netns != f->facts->places[place].netns)
				continue;
			if (place_address(&f->facts->places[p], f->wanted))
				arrived(f, (unsigned)p, child->index);
		}
}

static int place_of(struct follow *f, uint64_t netns)
{
	struct world_netns *there = netns ? world_find(f->world, netns) : NULL;

	return there ? place_collect(f->facts, f->world, there) : -1;
}

/* Every namespace could hold a macvlan on this device or the far end of an overlay. */
static void look_everywhere(struct follow *f)
{
	for (size_t i = 0; i < f->world->n; i++)
		place_collect(f->facts, f->world, &f->world->all[i]);
}

static void over_macvlan(struct follow *f, const struct link_facts *link, unsigned place)
{
	const uint32_t mode = link->macvlan_mode, lower = link->peer_index;
	int under = place_of(f, link->peer_netns);

	if (under < 0)
		return;
	look_everywhere(f);
	const uint64_t under_netns = f->facts->places[under].netns;
	/* The lower device's own host is never reached, whatever the mode. */
	if (place_address(&f->facts->places[under], f->wanted))
		blocked(f, "macvlan", (unsigned)under, lower);
	for (size_t p = 0; p < f->facts->n_places; p++)
		for (size_t i = 0; i < f->facts->places[p].n_links; i++) {
			const struct link_facts sibling = f->facts->places[p].links[i];
			if (!is_child(&sibling) || sibling.peer_index != lower ||
			    sibling.peer_netns != under_netns || p == place ||
			    !place_address(&f->facts->places[p], f->wanted))
				continue;
			if (mode & (MACVLAN_MODE_PRIVATE | MACVLAN_MODE_VEPA))
				blocked(f, "macvlan", (unsigned)p, sibling.index);
			else
				enter(f, (unsigned)p, sibling.index);
		}
	leave(f, (unsigned)under, lower);
}

static void over_vxlan(struct follow *f, const struct link_facts *link)
{
	const struct link_facts copy = *link;

	look_everywhere(f);
	for (size_t p = 0; p < f->facts->n_places; p++) {
		const struct place *there = &f->facts->places[p];
		if (copy.vxlan_remote.family == ADDR_NONE ||
		    !place_address(there, &copy.vxlan_remote) || p == f->from_place)
			continue;
		for (size_t i = 0; i < f->facts->places[p].n_links; i++) {
			const struct link_facts end = f->facts->places[p].links[i];
			if (strcmp(end.kind, "vxlan"))
				continue;
			if (end.vni != copy.vni || end.vxlan_port != copy.vxlan_port)
				blocked(f, end.vni != copy.vni ? "vni" : "vxlan-port", (unsigned)p,
					end.index);
			else
				enter(f, (unsigned)p, end.index);
		}
	}
}

/* Other ends that one program holds together with ours: a VPN or an emulated wire. */
static void over_tun(struct follow *f, unsigned place, uint32_t link)
{
	struct tunnel_end ends[8];
	const struct link_facts *l = link_at(f, place, link);
	unsigned n = tunnel_other_ends(f->facts->places[place].netns, l->name, ends, 8);

	for (unsigned i = 0; i < n; i++) {
		int there = place_of(f, ends[i].netns);
		for (size_t k = 0; there >= 0 && k < f->facts->places[there].n_links; k++)
			if (!strcmp(f->facts->places[there].links[k].name, ends[i].name))
				enter(f, (unsigned)there, f->facts->places[there].links[k].index);
	}
	if (!n)
		f->end->out_of_sight = true;
}

/* A frame leaves by interface @link of @place. */
static void leave(struct follow *f, unsigned place, uint32_t link)
{
	const struct link_facts *at = link_at(f, place, link);

	if (!at || f->depth >= MAX_DEPTH)
		return;
	const struct link_facts l = *at;
	if (!(l.flags & IFF_UP)) {
		blocked(f, "link-down", place, link);
		return;
	}
	f->depth++;
	if (!strcmp(l.kind, "bridge")) {
		through_bridge(f, place, 0, link);
	} else if (is_child(&l)) {
		over_macvlan(f, &l, place);
	} else if (!strcmp(l.kind, "vxlan")) {
		over_vxlan(f, &l);
	} else if (!strcmp(l.kind, "tun")) {
		over_tun(f, place, link);
	} else if (!strcmp(l.kind, "vlan")) {
		int under = place_of(f, l.peer_netns);
		if (under >= 0)
			leave(f, (unsigned)under, l.peer_index);
	} else if (l.peer_index && l.peer_netns) {
		if (!(l.flags & IFF_LOWER_UP))
			blocked(f, "no-carrier", place, link);
		int there = place_of(f, l.peer_netns);
		if (there < 0)
			f->end->out_of_sight = true;
		else
			enter(f, (unsigned)there, l.peer_index);
	} else if (!(l.flags & IFF_LOOPBACK)) {
		if (!(l.flags & IFF_LOWER_UP))
			blocked(f, "no-carrier", place, link);
		f->end->out_of_sight = true;
	}
	f->depth--;
}

/* Children of a device further on, which were unknown when the frame passed it. */
static bool has_children(const struct follow *f)
{
	for (size_t p = 0; p < f->facts->n_places; p++)
		for (size_t i = 0; i < f->facts->places[p].n_links; i++)
			if (is_child(&f->facts->places[p].links[i]))
				return true;
	return false;
}

/* A host and the macvlan children of its own device cannot talk over that device. */
static void own_child(struct follow *f, unsigned place, uint32_t link)
{
	look_everywhere(f);
	const uint64_t netns = f->facts->places[place].netns;
	for (size_t p = 0; p < f->facts->n_places; p++)
		for (size_t i = 0; i < f->facts->places[p].n_links; i++) {
			const struct link_facts *child = &f->facts->places[p].links[i];
			if (is_child(child) && child->peer_index == link && child->peer_netns == netns &&
			    p != place && place_address(&f->facts->places[p], f->wanted))
				blocked(f, "macvlan", (unsigned)p, child->index);
		}
}

void segment_follow(struct case_facts *facts, struct world *world, unsigned place, uint32_t link,
		    const struct addr *next_hop, struct segment_end *ret_end)
{
	struct follow f = {.facts = facts, .world = world, .wanted = next_hop, .end = ret_end,
			   .from_place = place, .from_link = link};

	*ret_end = (struct segment_end){.out_link = link};
	/* A bridge's own address lives beside its ports. */
	leave(&f, place, link);
	if (ret_end->found || ret_end->reason)
		return;
	own_child(&f, place, link); /* has looked everywhere */
	if (!ret_end->reason && has_children(&f))
		leave(&f, place, link);
}
