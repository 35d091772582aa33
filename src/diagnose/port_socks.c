/* SPDX-License-Identifier: MIT */
/*
 * The sockets of a snapshot enter the port rules: with all that bind() and deliveries look at where
 * it was seen, in the order of the kernel's chains; the rest is unknown.
 */
#include "diagnose/port_socks.h"
#include "base/array.h"
#include "base/auto.h"
#include "core/snapshot.h"
#include "diagnose/port_space.h"
#include "model/load.h"

#include <errno.h>
#include <stdlib.h>

static bool known(const struct sock *sock, enum sock_option option)
{
	return sock->options_known & option;
}

static bool is_connection(const struct sock *sock)
{
	return sock->proto == SOCK_PROTO_TCP && sock->remote_port;
}

/* Facts that no source could tell; the verdicts that hang on them say so. */
static uint8_t unknown_facts(const struct sock *sock)
{
	uint8_t unknown = 0;

	if (!known(sock, SOCK_OPTION_REUSEADDR))
		unknown |= MODEL_FACT_REUSEADDR;
	if (!known(sock, SOCK_OPTION_REUSEPORT))
		unknown |= MODEL_FACT_REUSEPORT;
	if (sock->local.family == ADDR_IPV6 && !known(sock, SOCK_OPTION_V6ONLY) &&
	    addr_is_any(&sock->local))
		unknown |= MODEL_FACT_V6ONLY;
	if (is_connection(sock) && !known(sock, SOCK_OPTION_CONNECT_BIND))
		unknown |= MODEL_FACT_EPHEMERAL;
	return unknown;
}

enum origin { ORIGIN_BOUND, ORIGIN_CONNECT, ORIGIN_ACCEPT };

/*
 * How a connection came by its port. connect() leaves a mark since 6.18, bind() one that accepted
 * connections do not inherit; without them the port itself tells.
 */
static enum origin origin_of(const struct port_space *space, const struct sock *sock)
{
	const struct host *host = port_space_host(space->snap, sock->netns);
	const bool high = host_port_is_ephemeral(host, sock->local_port);
	const bool far_high = host_port_is_ephemeral(host, sock->remote_port);

	if (sock_option_is(sock, SOCK_OPTION_CONNECT_BIND))
		return ORIGIN_CONNECT;
	if (sock_option_is(sock, SOCK_OPTION_LOCK_PORT))
		return ORIGIN_BOUND;
	if (sock->state == SOCK_STATE_SYN_SENT)
		return high ? ORIGIN_CONNECT : ORIGIN_BOUND;
	if (!high || model_ports_has(&space->listening, sock->local_port))
		return ORIGIN_ACCEPT;
	return far_high && sock->remote_port >= 1024 && !known(sock, SOCK_OPTION_LOCK_PORT)
		       ? ORIGIN_ACCEPT : ORIGIN_CONNECT;
}

static const struct bind_facts *facts_of(const struct port_space *space, uint32_t index)
{
	return sock_bind(space->snap, &space->snap->socks[index]);
}

/* Is the order among sockets of its kind of importance? */
static bool is_in_chain(const struct sock *sock)
{
	return sock->proto != SOCK_PROTO_TCP || sock->state == SOCK_STATE_LISTEN;
}

/* Everything of it was seen, its place among others too where that matters. */
static bool is_complete(const struct sock *sock, const struct bind_facts *bind)
{
	if (!bind || !known(sock, SOCK_OPTION_REUSEPORT))
		return false;
	return !is_in_chain(sock) || bind->has_place;
}

static struct model_existing existing_of(const struct port_space *space, const struct sock *sock)
{
	const enum origin origin = is_connection(sock) ? origin_of(space, sock) : ORIGIN_BOUND;

	return (struct model_existing){
		.local = sock->local,
		.remote = sock->remote_port ? sock->remote : (struct addr){},
		.local_port = sock->local_port,
		.remote_port = sock->remote_port,
		.uid = sock->uid,
		.device = sock->device,
		.proto = sock->proto,
		.state = sock->state == SOCK_STATE_NEW_SYN_RECV ? SOCK_STATE_SYN_RECV : sock->state,
		.v6 = sock->local.family == ADDR_IPV6,
		.v6only = sock_option_is(sock, SOCK_OPTION_V6ONLY),
		.reuseaddr = sock_option_is(sock, SOCK_OPTION_REUSEADDR),
		.reuseport = sock_option_is(sock, SOCK_OPTION_REUSEPORT),
		.freebind = sock_option_is(sock, SOCK_OPTION_FREEBIND),
		.orphan = !sock->inode,
		.ephemeral = origin == ORIGIN_CONNECT,
		.accepted = origin == ORIGIN_ACCEPT,
		.unknown = unknown_facts(sock),
	};
}

static int remember_index(struct port_space *space, uint32_t id, uint32_t index)
{
	if (id >= space->n_socks) {
		uint32_t n = id + id / 2 + 16;
		uint32_t *socks = reallocarray(space->socks, n, sizeof(*socks));
		if (!socks)
			return -ENOMEM;
		for (uint32_t i = space->n_socks; i < n; i++)
			socks[i] = 0;
		space->socks = socks;
		space->n_socks = n;
	}
	space->socks[id] = index + 1;
	return 0;
}

static int add_sock(struct port_space *space, uint32_t index, uint32_t *ret_id)
{
	const struct sock *sock = &space->snap->socks[index];
	const struct bind_facts *bind = facts_of(space, index);
	struct model_existing existing = existing_of(space, sock);
	struct model_memory memory;

	existing.complete = is_complete(sock, bind);
	if (bind && bind->has_bucket) {
		memory = (struct model_memory){
			.reuse = (int8_t)bind->bucket_fastreuse,
			.reuseport = (int8_t)bind->bucket_fastreuseport,
			.uid = bind->bucket_uid,
			.addr = bind->bucket_addr,
			.v6only = bind->bucket_v6only,
		};
		existing.memory = &memory;
	}
	int err = model_load(space->space, &existing, ret_id);
	return err ? err : remember_index(space, *ret_id, index);
}

static bool belongs(const struct sock *sock, uint16_t netns, uint16_t port)
{
	return sock->netns == netns && sock->local_port &&
	       (!port || sock->local_port == port) &&
	       (sock->proto == SOCK_PROTO_TCP || sock->proto == SOCK_PROTO_UDP ||
		sock->proto == SOCK_PROTO_UDPLITE);
}

/* One socket with a place in a chain: those with few behind them were there first. */
struct placed {
	uint32_t behind_in_port, behind_in_chain;
	uint32_t index, id;
	uint32_t group;
	bool in_group;
};

static int by_port(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return x->behind_in_port != y->behind_in_port
		       ? (x->behind_in_port > y->behind_in_port ? 1 : -1)
		       : (x->behind_in_chain > y->behind_in_chain) -
				 (x->behind_in_chain < y->behind_in_chain);
}

static int by_chain(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return (x->behind_in_chain > y->behind_in_chain) - (x->behind_in_chain < y->behind_in_chain);
}

/* Groups have numbers of their own, those without one come first. */
static int by_group(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return x->in_group != y->in_group ? x->in_group - y->in_group
					  : (x->group > y->group) - (x->group < y->group);
}

static int add_groups(struct port_space *space, struct placed *placed, size_t n)
{
	size_t first = 0;

	qsort(placed, n, sizeof(*placed), by_group);
	for (size_t i = 0; i < n; i++) {
		const struct bind_facts *bind = facts_of(space, placed[i].index);
		const struct sock *sock = &space->snap->socks[placed[i].index];
		const struct model_group_facts facts = {
			.program = sock_option_is(sock, SOCK_OPTION_REUSEPORT_PROG),
			.has_conns = bind->group_has_conns,
			.has_closed = bind->group_has_closed,
		};
		if (!placed[i].in_group)
			continue;
		if (!placed[first].in_group || placed[first].group != placed[i].group)
			first = i;
		int err = model_load_group(space->space, placed[i].id, placed[first].id);
		if (err)
			return err;
		model_load_group_facts(space->space, placed[i].id, &facts);
	}
	return 0;
}

/* Those with a place in the order of their chains, and their groups. */
static int add_placed(struct port_space *space, struct placed *placed, size_t n)
{
	int err = 0;

	if (!n)
		return 0;
	qsort(placed, n, sizeof(*placed), by_port);
	for (size_t i = 0; !err && i < n; i++)
		err = add_sock(space, placed[i].index, &placed[i].id);
	for (size_t i = 0; !err && i < n; i++) {
		const struct sock *sock = &space->snap->socks[placed[i].index];
		if (sock->proto != SOCK_PROTO_TCP)
			err = model_load_udp_slot(space->space, (enum sock_proto)sock->proto,
						  sock->local_port, placed[i].behind_in_port + 1);
	}
	qsort(placed, n, sizeof(*placed), by_chain);
	for (size_t i = 0; !err && i < n; i++)
		if (space->snap->socks[placed[i].index].proto != SOCK_PROTO_TCP)
			model_load_first(space->space, placed[i].id);
	return err ? err : add_groups(space, placed, n);
}

static void note_listeners(struct port_space *space, uint16_t netns)
{
	const struct snapshot *snap = space->snap;

	for (size_t i = 0; i < snap->n_socks; i++)
		if (snap->socks[i].state == SOCK_STATE_LISTEN && snap->socks[i].netns == netns &&
		    snap->socks[i].proto == SOCK_PROTO_TCP)
			model_ports_add(&space->listening, snap->socks[i].local_port);
}

int port_socks_add(struct port_space *space, uint16_t netns, uint16_t port)
{
	const struct snapshot *snap = space->snap;
	AUTO(freep) struct placed *placed = NULL;
	size_t n = 0, room = 0;
	uint32_t id;
	int err = 0;

	note_listeners(space, netns);
	for (size_t i = 0; !err && i < snap->n_socks; i++) {
		const struct sock *sock = &snap->socks[i];
		const struct bind_facts *bind = facts_of(space, (uint32_t)i);
		if (!belongs(sock, netns, port))
			continue;
		if (!is_complete(sock, bind) || !is_in_chain(sock)) {
			err = add_sock(space, (uint32_t)i, &id);
			continue;
		}
		if (!array_grow(&placed, n, &room, sizeof(*placed)))
			return -ENOMEM;
		placed[n++] = (struct placed){
			.behind_in_port = bind->behind_in_port,
			.behind_in_chain = bind->behind_in_chain,
			.index = (uint32_t)i,
			.group = bind->reuseport_id,
			.in_group = bind->reuseport_members,
		};
	}
	return err ? err : add_placed(space, placed, n);
}
