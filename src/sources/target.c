/* SPDX-License-Identifier: MIT */
/* The target's sockets and the processes that hold them. */
#include "sources/target.h"
#include "base/auto.h"
#include "core/case.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/place_collect.h"
#include "sources/place_sockets.h"
#include "sources/sources.h"
#include "sources/world.h"

#include <inttypes.h>
#include <string.h>

/* One bit more, and the kernel walks the connections of all namespaces as well. */
#define LISTENING STATE_BIT(SOCK_STATE_LISTEN)

enum { MAX_SOCKETS = 512, MAX_OTHERS = 64, MAX_PROCESSES = 32 };

static bool is_open(const struct sock *sock)
{
	return sock->proto == SOCK_PROTO_UDP ? !sock->remote_port
					     : sock->state == SOCK_STATE_LISTEN;
}

/* Does a link of @place lead straight into namespace @netns, off the way the packets took? */
static bool is_next_to(const struct case_facts *facts, const struct place *place, uint64_t netns)
{
	for (unsigned i = 0; i < facts->forward.n; i++)
		if (facts->places[facts->forward.hops[i].place].netns == netns)
			return false;
	for (size_t i = 0; i < place->n_links; i++)
		if (place->links[i].peer_netns == netns)
			return true;
	return false;
}

static bool is_of_flow(const struct case_facts *facts, const struct path_hop *hop,
		       const struct sock *sock)
{
	const struct addr remote = addr_unmapped(&sock->remote);

	if (!sock->remote_port || memcmp(remote.bytes, hop->src.bytes, 16) != 0)
		return false;
	for (size_t i = 0; i < facts->n_attempts; i++)
		if (facts->attempts[i].local_port == sock->remote_port)
			return true;
	return hop->src_port && hop->src_port == sock->remote_port;
}

static void add(struct case_facts *facts, struct place *place, const struct snapshot *snap,
		const struct sock *sock, const struct path_hop *hop)
{
	struct place_socket *s = place_add_socket(&facts->arena, place, snap, sock);
	const struct link_facts *link;

	if (!s)
		return;
	s->is_flow = is_of_flow(facts, hop, sock);
	link = s->device ? place_link(place, s->device) : NULL;
	s->device_name = link ? link->name : NULL;
}

static bool is_asked_for(const struct case_facts *facts, const struct place *place,
			 const struct snapshot *snap, const struct sock *sock,
			 const struct request *request)
{
	const uint64_t inode = snap->namespaces[sock->netns].inode;

	if (sock->local_port != request->local_port ||
	    (sock->proto == SOCK_PROTO_TCP && !(request->states & STATE_BIT(sock->state))))
		return false;
	return inode == place->netns || (!facts->asked.all_netns && place->is_self) ||
	       (is_open(sock) && is_next_to(facts, place, inode));
}

static bool has_any(const struct case_facts *facts, const struct place *place,
		    const struct snapshot *snap, const struct request *request)
{
	for (size_t i = 0; i < snap->n_socks; i++)
		if (is_asked_for(facts, place, snap, &snap->socks[i], request))
			return true;
	return false;
}

/*
 * Sockets with the asked port: open ones here and next door, then the others here. Apart, because
 * connections live in a table of all namespaces that takes long to walk, in each of them anew.
 */
static void on_port(struct case_facts *facts, struct place *place, const struct path_hop *hop,
		    enum sock_proto proto, uint32_t states)
{
	const bool open = states == LISTENING || proto == SOCK_PROTO_UDP;
	AUTO(snapshot_freep) struct snapshot *snap = NULL, *held = NULL;
	char netns[24];
	struct request request = {
		.facts = FACT_SOCKETS | FACT_SKMEM,
		.protos = PROTO_BIT(proto),
		.states = states,
		.ipv4 = true,
		.ipv6 = true,
		.local_port = hop->dst_port,
		.netns_choice = place->is_self ? NETNS_SELF : NETNS_ONE,
		.netns = netns,
	};

	if (open && facts->asked.all_netns)
		request.netns_choice = NETNS_ALL;
	snprintf(netns, sizeof(netns), "%" PRIu64, place->netns);
	if (sources_collect(&request, &snap))
		return;
	place->known |= PLACE_SOCKETS;
	/* Whose they are takes a walk over all processes. */
	if (!has_any(facts, place, snap, &request))
		return;
	request.facts |= FACT_OWNERS | FACT_PROCESSES;
	if (sources_collect(&request, &held))
		return;
	for (size_t i = 0; i < held->n_socks && place->n_sockets < MAX_SOCKETS; i++)
		if (is_asked_for(facts, place, held, &held->socks[i], &request))
			add(facts, place, held, &held->socks[i], hop);
}

/* What else listens at the target: other ports, UNIX sockets. */
static void others(struct case_facts *facts, struct place *place, const struct path_hop *hop)
{
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	char netns[24];
	struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES,
		.protos = PROTO_BIT(SOCK_PROTO_TCP) | PROTO_BIT(SOCK_PROTO_UNIX),
		.states = STATE_BIT(SOCK_STATE_LISTEN),
		.ipv4 = true,
		.ipv6 = true,
		.netns_choice = place->is_self ? NETNS_SELF : NETNS_ONE,
		.netns = netns,
	};
	size_t n = 0;

	snprintf(netns, sizeof(netns), "%" PRIu64, place->netns);
	if (sources_collect(&request, &snap))
		return;
	for (size_t i = 0; i < snap->n_socks && n < MAX_OTHERS; i++) {
		const struct sock *sock = &snap->socks[i];
		if (sock->state != SOCK_STATE_LISTEN || sock->local_port == hop->dst_port ||
		    (snap->namespaces[sock->netns].inode != place->netns && !place->is_self))
			continue;
		if (sock->proto == SOCK_PROTO_UNIX && !sock->n_owners)
			continue;
		add(facts, place, snap, sock, hop);
		n++;
	}
}

static bool has_listener(const struct place *place)
{
	for (size_t i = 0; i < place->n_sockets; i++)
		if (place->sockets[i].netns == place->netns &&
		    (place->sockets[i].state == SOCK_STATE_LISTEN ||
		     place->sockets[i].proto == SOCK_PROTO_UDP))
			return true;
	return false;
}

/* The address under which a listener next door could be reached from the target. */
static void look_next_door(struct case_facts *facts, struct world *world, unsigned index)
{
	for (size_t i = 0; i < facts->places[index].n_sockets; i++) {
		uint64_t netns = facts->places[index].sockets[i].netns;
		struct world_netns *next = netns == facts->places[index].netns
						   ? NULL
						   : world_find(world, netns);
		if (next)
			place_collect(facts, world, next);
	}
}

void target_collect(struct case_facts *facts, struct world *world)
{
	const struct path_hop *hop = path_target(&facts->forward);

	if (!hop)
		return;
	const unsigned index = hop->place;
	struct place *place = &facts->places[index];
	if (place->n_sockets || (!facts->asked.all_netns && !place->is_self))
		return;
	on_port(facts, place, hop, SOCK_PROTO_TCP, LISTENING);
	on_port(facts, place, hop, SOCK_PROTO_UDP, LISTENING | STATE_BIT(SOCK_STATE_CLOSE));
	on_port(facts, place, hop, SOCK_PROTO_TCP, STATES_ALL & ~LISTENING);
	if (!has_listener(place))
		others(facts, place, hop);
	for (size_t i = 0; i < place->n_processes && i < MAX_PROCESSES; i++)
		process_facts_read(&facts->arena, &place->processes[i]);
	place->known |= PLACE_PROCESSES;
	look_next_door(facts, world, index);
}
