/* SPDX-License-Identifier: MIT */
/* Opening, options, shutdown and close; each operation's way to TCP or UDP. */
#include "model/ops.h"
#include "model/akey.h"
#include "model/buckets.h"
#include "model/conflict.h"
#include "model/connect.h"
#include "model/end.h"
#include "model/flows.h"
#include "model/listen.h"
#include "model/share.h"
#include "model/tcp_port.h"
#include "model/udp_port.h"

#include <errno.h>

int model_open(struct model_space *space, enum sock_proto proto, bool v6, uint32_t uid,
	       uint32_t *ret_sock)
{
	uint32_t id = sock_new(space);

	if (!id)
		return -ENOMEM;
	struct msock *sock = sock_at(space, id);
	if (v6)
		sock->flags |= F_V6 | (space->sysctls.bindv6only ? F_V6ONLY : 0);
	if (proto != SOCK_PROTO_TCP)
		sock->flags |= F_UDP | (proto == SOCK_PROTO_UDPLITE ? F_LITE : 0);
	/* inet_create(): IP_MULTICAST_ALL is on for AF_INET only, IPV6_MULTICAST_ALL for AF_INET6 */
	sock->flags |= v6 ? F_MCAST6_ALL : F_MCAST_ALL;
	sock->local = v6 ? (struct akey){{0, 0}} : akey_v4(0);
	sock->uid = uid;
	sock->state = SOCK_STATE_CLOSE;
	sock->cpu = -1;
	*ret_sock = id;
	return 0;
}

static void set_flag(struct msock *sock, uint32_t flag, bool on)
{
	sock->flags = on ? sock->flags | flag : sock->flags & ~flag;
}

static struct model_outcome set_v6only(struct msock *sock, bool on)
{
	struct model_outcome ok = {0};

	if (!(sock->flags & F_V6))
		return (struct model_outcome){.error = ENOPROTOOPT, .rule = MODEL_RULE_OPTION};
	if (sock->lport)
		return (struct model_outcome){.error = EINVAL, .rule = MODEL_RULE_OPTION};
	set_flag(sock, F_V6ONLY, on);
	return ok;
}

static struct model_outcome set_range(struct msock *sock, uint32_t value)
{
	uint16_t low = (uint16_t)value, high = (uint16_t)(value >> 16);

	if (low && high && low > high)
		return (struct model_outcome){.error = EINVAL, .rule = MODEL_RULE_OPTION};
	sock->range_low = low;
	sock->range_high = high;
	return (struct model_outcome){0};
}

/* SO_BINDTODEVICE; UDP rehashes a bound socket. */
static int set_device(struct model_space *space, uint32_t id, uint32_t device)
{
	struct msock *sock = sock_at(space, id);

	sock->dev = device;
	flows_touch(space, id);
	if (sock->flags & F_UDP && sock->lport)
		return udp_address_set(space, id, sock->local);
	return 0;
}

/* SO_ATTACH_REUSEPORT_*: before bind() or listen() the socket gets a group of its own. */
static int set_program(struct model_space *space, uint32_t id, bool on, struct model_outcome *ret)
{
	struct msock *sock = sock_at(space, id);
	bool hashed = sock->flags & F_UDP ? sock->lport : sock->state == SOCK_STATE_LISTEN;

	*ret = (struct model_outcome){.error = EINVAL, .rule = MODEL_RULE_OPTION};
	if (on && !sock->group) {
		if (hashed || !(sock->flags & F_REUSEPORT))
			return 0;
		int r = group_found(space, id);
		if (r)
			return r;
	}
	if (!sock->group)
		return 0;
	space->groups[sock->group].program = on;
	*ret = (struct model_outcome){0};
	return 0;
}

int model_set(struct model_space *space, uint32_t id, enum model_option option, uint32_t value,
	      struct model_verdict *ret)
{
	static const uint32_t flags[] = {
		[MODEL_OPTION_REUSEADDR] = F_REUSEADDR,	    [MODEL_OPTION_REUSEPORT] = F_REUSEPORT,
		[MODEL_OPTION_NO_PORT] = F_NO_PORT,	    [MODEL_OPTION_FREEBIND] = F_FREEBIND,
		[MODEL_OPTION_TRANSPARENT] = F_TRANSPARENT, [MODEL_OPTION_BROADCAST] = F_BROADCAST,
		[MODEL_OPTION_MULTICAST_ALL] = F_MCAST_ALL,
		[MODEL_OPTION_MULTICAST6_ALL] = F_MCAST6_ALL,
	};
	struct msock *sock = sock_get(space, id);

	if (!sock)
		return -EBADF;
	*ret = (struct model_verdict){.ports = ret->ports, .port = sock->lport};
	switch (option) {
	case MODEL_OPTION_V6ONLY:
		ret->outcome = set_v6only(sock, value);
		return 0;
	case MODEL_OPTION_DEVICE:
		return set_device(space, id, value);
	case MODEL_OPTION_RANGE:
		ret->outcome = set_range(sock, value);
		return 0;
	case MODEL_OPTION_UID:
		sock->uid = value;
		sock->unknown &= (uint8_t)~MODEL_FACT_UID;
		return 0;
	case MODEL_OPTION_CPU:
		sock->cpu = (int16_t)value;
		return 0;
	case MODEL_OPTION_PROGRAM:
		return set_program(space, id, value, &ret->outcome);
	case MODEL_OPTION_REUSEADDR:
		sock->unknown &= (uint8_t)~MODEL_FACT_REUSEADDR;
		break;
	case MODEL_OPTION_REUSEPORT:
		sock->unknown &= (uint8_t)~MODEL_FACT_REUSEPORT;
		break;
	case MODEL_OPTION_NO_PORT:
	case MODEL_OPTION_FREEBIND:
	case MODEL_OPTION_TRANSPARENT:
	case MODEL_OPTION_BROADCAST:
	case MODEL_OPTION_MULTICAST_ALL:
	case MODEL_OPTION_MULTICAST6_ALL:
		break;
	}
	set_flag(sock, flags[option], value);
	return 0;
}

int model_join(struct model_space *space, uint32_t id, const struct addr *group, uint32_t device)
{
	if (!sock_get(space, id))
		return -EBADF;
	struct membership new = {id, device, akey_of(group)};
	for (uint32_t i = 0; i < space->n_memberships; i++) {
		const struct membership *m = &space->memberships[i];
		if (m->sock == id && m->device == device && akey_equal(m->group, new.group))
			return -EADDRINUSE;
	}
	int r = array_room(&space->memberships, space->n_memberships, &space->room_memberships,
			   sizeof(*space->memberships));
	if (r)
		return r;
	space->memberships[space->n_memberships++] = new;
	return 0;
}

static void leave_memberships(struct model_space *space, uint32_t id)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < space->n_memberships; i++)
		if (space->memberships[i].sock != id)
			space->memberships[n++] = space->memberships[i];
	space->n_memberships = n;
}

int model_connect(struct model_space *space, uint32_t id, const struct addr *addr, uint16_t port,
		  const struct model_turn *turn, struct model_verdict *ret)
{
	struct msock *sock = sock_get(space, id);
	struct dial dial = {
		.to = akey_of(addr),
		.v6 = addr->family == ADDR_IPV6,
		.scope = addr->scope,
		.port = port,
	};

	if (!sock)
		return -EBADF;
	*ret = (struct model_verdict){.ports = ret->ports, .port = sock->lport};
	if (sock->flags & F_UDP)
		return udp_connect(space, id, &dial, turn, ret);
	return tcp_connect(space, id, &dial, turn, ret);
}

int model_disconnect(struct model_space *space, uint32_t id, struct model_verdict *ret)
{
	struct msock *sock = sock_get(space, id);

	if (!sock)
		return -EBADF;
	*ret = (struct model_verdict){.ports = ret->ports};
	if (sock->flags & F_UDP)
		return udp_disconnect(space, id);
	uint32_t peer = sock->peer;
	if (sock->state == SOCK_STATE_LISTEN)
		listen_stop(space, id);
	if (peer && peer != id) {
		sock->peer = 0;
		end_hit_by_reset(space, peer);
	}
	sock->peer = 0;
	return end_disconnect(space, id);
}

int model_shutdown(struct model_space *space, uint32_t id, const struct model_turn *turn,
		   struct model_verdict *ret)
{
	struct msock *sock = sock_get(space, id);

	if (!sock)
		return -EBADF;
	*ret = (struct model_verdict){.ports = ret->ports};
	if (sock->state == SOCK_STATE_LISTEN) {
		listen_stop(space, id);
		int r = end_disconnect(space, id);
		ret->port = sock->lport;
		return r;
	}
	if (sock->flags & F_UDP ? sock->state != SOCK_STATE_ESTABLISHED
				: sock->state == SOCK_STATE_CLOSE) {
		ret->outcome.error = ENOTCONN;
		ret->outcome.rule = MODEL_RULE_LISTEN_STATE;
		return 0;
	}
	ret->port = sock->lport;
	return sock->flags & F_UDP ? 0 : end_send_fin(space, id, turn->now_ms);
}

static bool needs_reset(const struct msock *sock)
{
	return sock->state == SOCK_STATE_ESTABLISHED || sock->state == SOCK_STATE_CLOSE_WAIT ||
	       sock->state == SOCK_STATE_FIN_WAIT2;
}

static int close_tcp(struct model_space *space, uint32_t id, bool reset, uint64_t now_ms,
		     uint32_t *ret_time_wait)
{
	struct msock *sock = sock_at(space, id);

	if (sock->state == SOCK_STATE_LISTEN) {
		listen_stop(space, id);
	} else if (reset && needs_reset(sock)) {
		end_reset(space, id);
		return 0;
	} else {
		uint32_t peer = sock->peer;
		int r = end_send_fin(space, id, now_ms);
		if (r)
			return r;
		if (sock->state == SOCK_STATE_FIN_WAIT2) {
			*ret_time_wait = end_time_wait(space, id, peer, now_ms);
			if (!*ret_time_wait)
				return -ENOMEM;
		}
	}
	end_drop(space, id);
	return 0;
}

int model_close(struct model_space *space, uint32_t id, bool reset, const struct model_turn *turn,
		uint32_t *ret_time_wait)
{
	struct msock *sock = sock_get(space, id);
	uint32_t entry = 0;
	int r = 0;

	if (!sock)
		return -EBADF;
	leave_memberships(space, id);
	if (sock->flags & F_UDP) {
		udp_forget_place(space, id);
		udp_port_leave(space, id);
		sock_drop(space, id);
	} else {
		r = close_tcp(space, id, reset, turn->now_ms, &entry);
	}
	if (ret_time_wait)
		*ret_time_wait = entry;
	return r;
}

int model_expire(struct model_space *space, uint32_t id)
{
	const struct msock *sock = id ? sock_get(space, id) : NULL;

	if (id && (!sock || sock->state != SOCK_STATE_TIME_WAIT))
		return -EBADF;
	if (id) {
		end_drop(space, id);
		return 0;
	}
	for (uint32_t i = 1; i <= space->n_socks; i++)
		if (sock_get(space, i) && sock_at(space, i)->state == SOCK_STATE_TIME_WAIT)
			end_drop(space, i);
	return 0;
}

bool model_look(const struct model_space *space, uint32_t id, struct model_look *ret)
{
	const struct msock *sock = sock_get(space, id);

	if (!sock)
		return false;
	bool v4 = !(sock->flags & F_V6);
	*ret = (struct model_look){
		.proto = msock_proto(sock),
		.state = sock->state,
		.local = akey_addr(&sock->local, v4),
		.remote = akey_addr(&sock->remote, v4),
		.local_port = sock->lport,
		.remote_port = sock->rport,
		.uid = sock->uid,
		.device = sock->dev,
		.v6 = !v4,
		.v6only = sock->flags & F_V6ONLY,
		.reuseaddr = sock->flags & F_REUSEADDR,
		.reuseport = sock->flags & F_REUSEPORT,
		.way = way_of(sock),
	};
	return true;
}
