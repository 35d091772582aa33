/* SPDX-License-Identifier: MIT */
/* Sockets that exist already enter the tables they would be in. */
#include "model/load.h"
#include "model/akey.h"
#include "model/buckets.h"
#include "model/flows.h"
#include "model/listen.h"
#include "model/share.h"
#include "model/tcp_port.h"
#include "model/udp_port.h"

#include <errno.h>

static uint32_t flags_of(const struct model_existing *e)
{
	return F_USED | (e->complete ? F_PLACED : F_LOADED) | (e->v6 ? F_V6 | F_MCAST6_ALL : F_MCAST_ALL) |
	       (e->proto != SOCK_PROTO_TCP ? F_UDP : 0) |
	       (e->proto == SOCK_PROTO_UDPLITE ? F_LITE : 0) | (e->v6only ? F_V6ONLY : 0) |
	       (e->reuseaddr ? F_REUSEADDR : 0) | (e->reuseport ? F_REUSEPORT : 0) |
	       (e->freebind ? F_FREEBIND : 0) | (e->accepted ? F_ACCEPTED : 0) |
	       (e->orphan ? F_ORPHAN : 0) | (e->ephemeral ? F_CONNECT_BIND : 0);
}

static bool is_connection(enum sock_state state)
{
	return state != SOCK_STATE_LISTEN && state != SOCK_STATE_CLOSE &&
	       state != SOCK_STATE_BOUND_INACTIVE && state != SOCK_STATE_UNKNOWN;
}

static int enter_tcp(struct model_space *space, uint32_t id, const struct model_memory *memory)
{
	struct msock *sock = sock_at(space, id);
	int r = sock->lport ? tcp_port_load(space, id) : 0;

	if (r)
		return r;
	if (memory && sock->a)
		tcp_port_remind(space, id, memory);
	if (sock->state == SOCK_STATE_LISTEN)
		return listen_enter(space, id);
	return is_connection(sock->state) ? flows_add(space, id) : 0;
}

static int enter_udp(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	int r = sock->lport ? udp_port_take(space, id, sock->lport) : 0;

	if (r || sock->state != SOCK_STATE_ESTABLISHED)
		return r == -EBUSY ? 0 : r;
	sock->flags |= F_REMOTE;
	return space->behaviour.udp_tuple_table && !akey_is_any(&sock->local) ? flows_add(space, id)
									      : 0;
}

/* Ask early for the line of a connection, so that it is there when all else is done. */
static void prefetch(const struct model_space *space, const struct model_existing *e)
{
	struct flow_key key = {akey_of(&e->local), akey_of(&e->remote), e->local_port,
			       e->remote_port};

	struct flow_place place = flows_place(&key);
	flows_prefetch(flows_of(space, e->proto), &place);
}

int model_load(struct model_space *space, const struct model_existing *e, uint32_t *ret_sock)
{
	if (e->remote.family)
		prefetch(space, e);
	uint32_t id = sock_new(space);
	if (!id)
		return -ENOMEM;
	struct msock *sock = sock_at(space, id);
	sock->local = akey_of(&e->local);
	sock->remote = e->remote.family ? akey_of(&e->remote) : (struct akey){{0, 0}};
	sock->lport = sock->shown_port = e->local_port;
	sock->rport = e->remote_port;
	sock->dev = e->device;
	sock->uid = e->state == SOCK_STATE_TIME_WAIT ? e->time_wait_ms : e->uid;
	sock->flags = flags_of(e);
	sock->state = e->state == SOCK_STATE_BOUND_INACTIVE ? SOCK_STATE_CLOSE : e->state;
	sock->unknown = e->unknown;
	sock->cpu = -1;
	sock->file = is_connection(sock->state) ? FILE_CONNECTED : FILE_UNCONNECTED;
	if (sock->state == SOCK_STATE_TIME_WAIT)
		sock->unknown &= (uint8_t)~MODEL_FACT_UID;
	int r = sock->flags & F_UDP ? enter_udp(space, id) : enter_tcp(space, id, e->memory);
	if (!r)
		*ret_sock = id;
	return r;
}

int model_load_many(struct model_space *space, const struct model_existing *existing, size_t n,
		    uint32_t *ret_socks)
{
	enum { AHEAD = 16 };

	for (size_t i = 0; i < n; i++) {
		uint32_t id;
		if (i + AHEAD < n && existing[i + AHEAD].remote.family)
			prefetch(space, &existing[i + AHEAD]);
		int r = model_load(space, &existing[i], &id);
		if (r)
			return r;
		if (ret_socks)
			ret_socks[i] = id;
	}
	return 0;
}

void model_load_first(struct model_space *space, uint32_t id)
{
	uint32_t chain = sock_at(space, id)->b;

	if (!chain || bucket_at(space, chain)->head == id)
		return;
	chain_unlink(space, id); /* another is at its head: it stays */
	chain_link(space, chain, id, false);
}

int model_load_group(struct model_space *space, uint32_t id, uint32_t other)
{
	return group_load(space, id, other);
}

void model_load_group_facts(struct model_space *space, uint32_t id,
			    const struct model_group_facts *facts)
{
	uint32_t group = sock_at(space, id)->group;

	if (!group)
		return;
	struct group *g = &space->groups[group];
	g->program = facts->program;
	g->has_conns = facts->has_conns;
	g->n_closed = facts->has_closed;
}

int model_load_udp_slot(struct model_space *space, enum sock_proto proto, uint16_t port, uint32_t n)
{
	return udp_port_load_slot(space, proto, port, n);
}

int model_load_membership(struct model_space *space, const struct addr *group, uint32_t device)
{
	int r = array_room(&space->memberships, space->n_memberships, &space->room_memberships,
			   sizeof(*space->memberships));

	if (!r)
		space->memberships[space->n_memberships++] =
			(struct membership){.device = device, .group = akey_of(group)};
	return r;
}

int model_unknown(struct model_space *space, uint32_t id, enum model_fact fact)
{
	struct msock *sock = sock_get(space, id);

	if (!sock)
		return -EBADF;
	sock->unknown |= (uint8_t)fact;
	return 0;
}
