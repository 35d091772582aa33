/* SPDX-License-Identifier: MIT */
/* connect() of UDP (__ip4_datagram_connect, __ip6_datagram_connect, udp4_hash4). */
#include "model/akey.h"
#include "model/bind.h"
#include "model/connect.h"
#include "model/flows.h"
#include "model/share.h"
#include "model/udp_port.h"

#include <errno.h>

/* Autobind; exhaustion is EAGAIN here. */
static int settle_port(struct model_space *space, uint32_t id, const struct model_turn *turn,
		       struct model_verdict *ret)
{
	int r = bind_get_port(space, id, 0, turn, ret);

	if (ret->outcome.error)
		ret->outcome.error = EAGAIN;
	return r;
}

/* 6.13+: into the table of both ends, and out of the group. */
static int enter_tuples(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);

	if (!space->behaviour.udp_tuple_table || !rule_on(space, MODEL_RULE_UDP_TUPLE_TABLE) ||
	    akey_is_any(&sock->local))
		return 0;
	group_leave(space, id);
	return flows_add(space, id);
}

void udp_forget_place(struct model_space *space, uint32_t id)
{
	sock_at(space, id)->flags &= ~F_STALE4;
	for (uint32_t i = 0; i < space->n_stales; i++)
		if (space->stales[i].sock == id)
			space->stales[i--] = space->stales[--space->n_stales];
}

/*
 * udp_lib_hash4() does nothing for a socket that is in the table: after a second connect() it
 * stands where its first peer hashed to, and is found there only by that peer.
 */
static int leave_place(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);

	if (!(sock->flags & F_HASHED))
		return 0;
	int r = array_room(&space->stales, space->n_stales, &space->room_stales,
			   sizeof(*space->stales));
	if (r)
		return r;
	space->stales[space->n_stales++] =
		(struct stale){id, sock->seq, sock->remote, sock->rport};
	flows_remove(space, id);
	sock->flags |= F_STALE4;
	return 0;
}

static int return_to_place(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);

	for (uint32_t i = 0; i < space->n_stales; i++) {
		const struct stale *stale = &space->stales[i];
		if (stale->sock != id || stale->rport != sock->rport ||
		    !akey_equal(stale->remote, sock->remote))
			continue;
		uint32_t seq = stale->seq;
		udp_forget_place(space, id);
		int r = flows_add(space, id);
		sock->seq = seq;
		return r;
	}
	return 0;
}

int udp_connect(struct model_space *space, uint32_t id, struct dial *dial,
		const struct model_turn *turn, struct model_verdict *ret)
{
	struct msock *sock = sock_at(space, id);
	int r = 0;

	if (!sock->lport) {
		r = settle_port(space, id, turn, ret);
		if (r || ret->outcome.error)
			return r;
	}
	struct model_outcome refused = dial_route(space, sock, dial);
	if (refused.error) {
		ret->outcome = refused;
		return 0;
	}
	/* A multicast address that bind() gave stays the receive address. */
	bool moves = akey_is_any(&sock->local);
	r = leave_place(space, id);
	if (r)
		return r;
	if (moves) {
		udp_forget_place(space, id);
		r = udp_address_set(space, id, dial->route.source);
		if (r)
			return r;
	}
	sock->remote = dial->to;
	sock->rport = dial->port;
	sock->state = SOCK_STATE_ESTABLISHED;
	sock->flags |= F_REMOTE;
	if (sock->group)
		space->groups[sock->group].has_conns = true;
	ret->port = sock->lport;
	if (sock->flags & F_STALE4)
		return return_to_place(space, id);
	return enter_tuples(space, id);
}

int udp_disconnect(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	struct akey any = sock->flags & F_V6 ? (struct akey){{0, 0}} : akey_v4(0);

	/* __udp_disconnect(): a socket that bind() gave both stays where its first peer hashed to. */
	bool stays = sock->flags & F_LOCK_ADDR && sock->flags & F_LOCK_PORT;
	int r = leave_place(space, id);
	if (r)
		return r;
	if (!stays)
		udp_forget_place(space, id);
	/* The IPv6 peer stays and goes on filtering. */
	sock->state = SOCK_STATE_CLOSE;
	sock->rport = 0;
	sock->dev = 0;
	if (!(sock->flags & F_V6))
		sock->flags &= ~F_REMOTE;
	if (!(sock->flags & F_LOCK_ADDR)) {
		r = udp_address_set(space, id, any);
		if (r)
			return r;
	}
	if (sock->lport && !(sock->flags & F_LOCK_PORT))
		udp_port_leave(space, id);
	return 0;
}
