/* SPDX-License-Identifier: MIT */
/* One namespace, looked at once: what does not depend on the packet. */
#include "sources/place_collect.h"
#include "core/case.h"
#include "sources/counters.h"
#include "sources/interfaces.h"
#include "sources/links.h"
#include "sources/settings.h"
#include "sources/sysctls.h"
#include "sources/tunnels.h"
#include "sources/world.h"

#include <errno.h>

struct inside {
	struct case_facts *facts;
	struct place *place;
	struct world_netns *netns;
};

/* What the port rules ask of the links and addresses that were read already. */
static void fill_host(struct arena *arena, struct place *place)
{
	struct host *host = &place->host;
	struct interface *links = arena_alloc(arena, (place->n_links + 1) * sizeof(*links));
	struct interface_address *addresses =
		arena_alloc(arena, (place->n_addresses + 1) * sizeof(*addresses));

	if (!links || !addresses)
		return;
	host->interfaces = links;
	host->addresses = addresses;
	for (size_t i = 0; i < place->n_links; i++) {
		const struct link_facts *l = &place->links[i];
		links[host->n_interfaces++] = (struct interface){
			.index = l->index, .master = l->master, .mtu = l->mtu, .name = l->name,
			.kind = l->kind ? l->kind : "", .flags = interface_flags(l->flags)};
	}
	for (size_t i = 0; i < place->n_addresses; i++) {
		const struct place_address *a = &place->addresses[i];
		if (!a->addr.family)
			continue;
		struct interface_address *to = &addresses[host->n_addresses++];
		*to = (struct interface_address){
			.addr = a->addr, .broadcast = a->broadcast, .interface = a->link,
			.prefix_bits = a->bits,
			.flags = interface_address_flags(a->flags, a->addr.family == ADDR_IPV4)};
		if (a->addr.family == ADDR_IPV6 && addr_is_link_local(&a->addr))
			to->addr.scope = a->link;
	}
}

static int read_proc(void *data)
{
	struct inside *in = data;
	struct counters now;

	host_set_defaults(&in->place->host);
	fill_host(&in->facts->arena, in->place);
	sysctls_read(&in->place->host, &in->facts->arena);
	settings_collect(&in->facts->arena, in->place);
	counters_read(&now);
	counters_compare(&in->facts->arena, in->place, &in->netns->before, &now);
	counters_release(&now);
	return 0;
}

/* A veth's or macvlan's other end is known by a number of this namespace: make it an inode. */
static void resolve_peers(struct world *world, struct world_netns *netns, struct place *place)
{
	for (size_t i = 0; i < place->n_links; i++) {
		struct link_facts *link = &place->links[i];
		if (link->peer_nsid < 0) {
			link->peer_netns = link->peer_index ? netns->inode : 0;
			continue;
		}
		const struct world_netns *peer = world_by_nsid(world, netns, link->peer_nsid);
		link->peer_netns = peer ? peer->inode : 0;
	}
}

int place_collect(struct case_facts *facts, struct world *world, struct world_netns *netns)
{
	struct place *place = case_place(facts, netns->inode);

	if (!place)
		place = netns->is_self && facts->n_places ? &facts->places[0]
							  : case_add_place(facts);
	if (!place)
		return -ENOMEM;
	unsigned index = (unsigned)(place - facts->places);
	if (place->known & PLACE_LINKS)
		return (int)index;
	place->netns = netns->inode;
	place->name = netns->name ? arena_printf(&facts->arena, "%s", netns->name) : NULL;
	place->pid = netns->pid;
	place->is_self = netns->is_self;
	struct netlink *nl = world_route(world, netns);
	if (!nl)
		return -EPERM;
	int err = links_collect(nl, &facts->arena, place);
	if (err)
		return err;
	addresses_collect(nl, &facts->arena, place);
	neighbours_collect(nl, &facts->arena, place);
	resolve_peers(world, netns, place);
	tunnels_collect(&facts->arena, place);
	struct inside inside = {facts, place, netns};
	world_run(netns, read_proc, &inside);
	return (int)index;
}
