/* SPDX-License-Identifier: MIT */
/* Ends of connections: RST, FIN, TIME_WAIT, and what each leaves of port and address. */
#include "model/end.h"
#include "model/akey.h"
#include "model/buckets.h"
#include "model/flows.h"
#include "model/share.h"
#include "model/tcp_port.h"

#include <errno.h>

/* tcp_set_state(CLOSE): out of the tables; the port stays iff bind() named it. */
static void end_closed(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);

	flows_remove(space, id);
	sock->state = SOCK_STATE_CLOSE;
	if (!(sock->flags & F_LOCK_PORT) && rule_on(space, MODEL_RULE_PORT_RELEASED))
		tcp_port_leave(space, id);
}

int end_disconnect(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	struct akey any = sock->flags & F_V6 ? (struct akey){{0, 0}} : akey_v4(0);

	/* tcp_disconnect() of a socket that is closed already takes no port from it. */
	if (sock->state != SOCK_STATE_CLOSE)
		end_closed(space, id);
	sock->file = FILE_UNCONNECTED;
	sock->rport = 0;
	sock->flags &= ~F_TIMESTAMPS;
	if (sock->flags & F_LOCK_ADDR || !rule_on(space, MODEL_RULE_ADDRESS_RELEASED))
		return 0;
	sock->flags &= ~(F_NO_SOURCE | F_MAPPED_SOURCE);
	return tcp_address_set(space, id, any);
}

void end_drop(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);

	if (sock->peer && sock->peer != id)
		sock_at(space, sock->peer)->peer = 0;
	flows_remove(space, id);
	chain_unlink(space, id);
	group_leave(space, id);
	tcp_port_leave(space, id);
	sock_drop(space, id);
}

void end_hit_by_reset(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);

	sock->peer = 0;
	if (sock->state != SOCK_STATE_TIME_WAIT)
		end_closed(space, id);
	else if (!space->sysctls.rfc1337)
		end_drop(space, id);
}

void end_reset(struct model_space *space, uint32_t id)
{
	uint32_t peer = sock_at(space, id)->peer;

	if (peer && peer != id) {
		sock_at(space, id)->peer = 0;
		end_hit_by_reset(space, peer);
	}
	end_drop(space, id);
}

uint32_t end_time_wait(struct model_space *space, uint32_t id, bool fin_wait2, uint64_t now_ms)
{
	uint32_t entry = sock_new(space);

	if (!entry || model_tag(space, entry, model_tag_of(space, id)))
		return 0;
	struct msock *tw = sock_at(space, entry), *sock = sock_at(space, id);
	*tw = (struct msock){
		.local = sock->local,
		.remote = sock->remote,
		.lport = sock->lport,
		.rport = sock->rport,
		.shown_port = sock->lport,
		.dev = sock->dev,
		.since_ms = (uint32_t)now_ms,
		.flags = sock->flags & (F_USED | F_V6 | F_REUSEADDR | F_REUSEPORT | F_V6ONLY |
					F_CONNECT_BIND | F_TIMESTAMPS | F_ACCEPTED),
		.state = SOCK_STATE_TIME_WAIT,
		.unknown = sock->unknown & (uint8_t)~MODEL_FACT_UID,
		.cpu = -1,
		.peer = sock->peer == id ? 0 : sock->peer,
	};
	if (fin_wait2)
		tw->flags |= F_FIN_WAIT2;
	if (tw->peer)
		sock_at(space, tw->peer)->peer = entry;
	sock->peer = 0;
	flows_replace(space, id, entry);
	if (sock->a)
		tcp_port_join(space, entry, id);
	return entry;
}

/* The FIN that answers ours arrives at @id. */
static int peer_fin(struct model_space *space, uint32_t id, uint64_t now_ms)
{
	struct msock *sock = sock_at(space, id);

	if (sock->state == SOCK_STATE_TIME_WAIT) {
		sock->flags &= ~F_FIN_WAIT2;
		sock->since_ms = (uint32_t)now_ms;
		sock->peer = 0;
	} else if (sock->state == SOCK_STATE_FIN_WAIT2) {
		sock->peer = 0;
		if (!end_time_wait(space, id, false, now_ms))
			return -ENOMEM;
		end_closed(space, id);
	} else if (sock->state == SOCK_STATE_ESTABLISHED) {
		sock->state = SOCK_STATE_CLOSE_WAIT;
	}
	return 0;
}

int end_send_fin(struct model_space *space, uint32_t id, uint64_t now_ms)
{
	struct msock *sock = sock_at(space, id);
	uint32_t peer = sock->peer;

	if (sock->state == SOCK_STATE_ESTABLISHED && peer == id) {
		/* To itself: both FINs cross. */
		if (!end_time_wait(space, id, false, now_ms))
			return -ENOMEM;
		end_closed(space, id);
	} else if (sock->state == SOCK_STATE_ESTABLISHED) {
		sock->state = SOCK_STATE_FIN_WAIT2;
		return peer ? peer_fin(space, peer, now_ms) : 0;
	} else if (sock->state == SOCK_STATE_CLOSE_WAIT) {
		sock->peer = 0;
		end_closed(space, id);
		return peer ? peer_fin(space, peer, now_ms) : 0;
	}
	return 0;
}
