/* SPDX-License-Identifier: MIT */
/* listen(), accept() and what becomes of waiting connections (net/ipv4/inet_connection_sock.c). */
#include "model/listen.h"
#include "model/akey.h"
#include "model/bind.h"
#include "model/buckets.h"
#include "model/end.h"
#include "model/share.h"
#include "model/tcp_port.h"

#include <errno.h>

static struct model_outcome listen_allowed(const struct model_space *space,
					   const struct msock *sock)
{
	if (sock->flags & F_UDP && rule_on(space, MODEL_RULE_NOT_STREAM))
		return (struct model_outcome){.error = EOPNOTSUPP, .rule = MODEL_RULE_NOT_STREAM};
	bool state = sock->state == SOCK_STATE_CLOSE || sock->state == SOCK_STATE_LISTEN;
	if ((sock->file != FILE_UNCONNECTED || !state) && rule_on(space, MODEL_RULE_LISTEN_STATE))
		return (struct model_outcome){.error = EINVAL, .rule = MODEL_RULE_LISTEN_STATE};
	return (struct model_outcome){0};
}

/* __inet_hash(): into the chain of listeners, and into a group. */
static int enter_chain(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	struct bucket_key key = {
		.addr = akey_chain(sock->local),
		.port = sock->lport,
		.kind = BUCKET_CHAIN,
		.proto = SOCK_PROTO_TCP,
	};
	bool made;
	uint32_t chain = bucket_make(space, &key, &made);
	/* One with all its state was told its group and place. */
	bool port = sock->flags & F_REUSEPORT && !(sock->flags & F_PLACED);

	if (!chain)
		return -ENOMEM;
	if (port) {
		int r = group_join(space, id, chain);
		if (r) {
			if (made)
				bucket_drop(space, chain);
			return r;
		}
	}
	if (sock->flags & F_LOADED)
		bucket_at(space, chain)->loaded = true;
	chain_link(space, chain, id,
		   port && sock->flags & F_V6 && rule_on(space, MODEL_RULE_REUSEPORT_TAIL));
	return 0;
}

int listen_enter(struct model_space *space, uint32_t id)
{
	return enter_chain(space, id);
}

int model_listen(struct model_space *space, uint32_t id, const struct model_turn *turn,
		 struct model_verdict *ret)
{
	struct msock *sock = sock_get(space, id);

	if (!sock)
		return -EBADF;
	*ret = (struct model_verdict){.ports = ret->ports};
	ret->outcome = listen_allowed(space, sock);
	if (ret->outcome.error)
		return 0;
	ret->port = sock->lport;
	if (sock->state == SOCK_STATE_LISTEN || sock->flags & F_UDP)
		return 0;
	sock->state = SOCK_STATE_LISTEN;
	if (!sock->lport || rule_on(space, MODEL_RULE_LISTEN_RECHECK)) {
		int r = bind_get_port(space, id, sock->lport, turn, ret);
		if (r || ret->outcome.error || ret->depends) {
			sock->state = SOCK_STATE_CLOSE;
			return r;
		}
	}
	sock->shown_port = sock->lport;
	int r = enter_chain(space, id);
	if (!r)
		return 0;
	sock->state = SOCK_STATE_CLOSE;
	if (r != -EBUSY)
		return r;
	ret->outcome = (struct model_outcome){.error = EBUSY, .rule = MODEL_RULE_GROUP_BUSY};
	return 0;
}

uint32_t listen_take(struct model_space *space, uint32_t listener, const struct flow_key *ends,
		     uint32_t device)
{
	uint32_t id = sock_new(space);

	if (!id)
		return 0;
	struct msock *child = sock_at(space, id), *from = sock_at(space, listener);
	*child = (struct msock){
		.local = ends->local,
		.remote = ends->remote,
		.lport = ends->lport,
		.rport = ends->rport,
		.shown_port = ends->lport,
		.dev = from->dev,
		.uid = from->uid,
		.flags = from->flags & (F_USED | F_V6 | F_REUSEADDR | F_REUSEPORT | F_V6ONLY |
					F_LOCK_ADDR | F_NO_PORT | F_FREEBIND | F_TRANSPARENT),
		.state = SOCK_STATE_ESTABLISHED,
		.unknown = from->unknown,
		.file = FILE_CONNECTED,
		.cpu = from->cpu,
		.range_low = from->range_low,
		.range_high = from->range_high,
	};
	child->flags |= F_ACCEPTED | F_PENDING;
	if (!child->dev && space->sysctls.tcp_l3mdev_accept)
		child->dev = device_l3(space, device);
	if (array_room(&space->pendings, space->n_pendings, &space->room_pendings,
		       sizeof(*space->pendings)) ||
	    tcp_port_inherit(space, id, listener))
		return 0;
	space->pendings[space->n_pendings++] = (struct pending){listener, id};
	return flows_add(space, id) ? 0 : id;
}

static uint32_t take_pending(struct model_space *space, uint32_t listener)
{
	for (uint32_t i = 0; i < space->n_pendings; i++) {
		if (space->pendings[i].listener != listener)
			continue;
		uint32_t child = space->pendings[i].child;
		space->n_pendings--;
		memmove(&space->pendings[i], &space->pendings[i + 1],
			(space->n_pendings - i) * sizeof(*space->pendings));
		return child;
	}
	return 0;
}

int model_accept(struct model_space *space, uint32_t listener, uint32_t uid,
		 struct model_verdict *ret)
{
	const struct msock *sock = sock_get(space, listener);

	if (!sock)
		return -EBADF;
	*ret = (struct model_verdict){.ports = ret->ports};
	if (sock->flags & F_UDP) {
		ret->outcome.error = EOPNOTSUPP;
		ret->outcome.rule = MODEL_RULE_NOT_STREAM;
		return 0;
	}
	if (sock->state != SOCK_STATE_LISTEN) {
		ret->outcome.error = EINVAL;
		ret->outcome.rule = MODEL_RULE_LISTEN_STATE;
		return 0;
	}
	ret->peer = take_pending(space, listener);
	if (!ret->peer) {
		ret->outcome.error = EAGAIN;
		ret->outcome.rule = MODEL_RULE_NO_CONNECTION;
		return 0;
	}
	struct msock *child = sock_at(space, ret->peer);
	child->flags &= ~F_PENDING;
	child->uid = uid;
	child->unknown &= (uint8_t)~MODEL_FACT_UID;
	ret->port = child->shown_port;
	return 0;
}

/* inet_csk_listen_stop(): those who wait are reset, or move to another of the group (5.4). */
void listen_stop(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	uint32_t group = sock->group, child;

	chain_unlink(space, id);
	group_leave(space, id);
	bool migrate = space->sysctls.migrate && group && space->groups[group].used &&
		       space->groups[group].n;
	if (migrate) {
		for (uint32_t i = 0; i < space->n_pendings; i++)
			if (space->pendings[i].listener == id)
				space->pendings[i].listener = space->groups[group].members[0];
		return;
	}
	while ((child = take_pending(space, id)))
		end_reset(space, child);
}
