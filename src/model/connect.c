/* SPDX-License-Identifier: MIT */
/* connect() of TCP (tcp_v4_connect, tcp_v6_connect, __inet_hash_connect) and what follows it. */
#include "model/connect.h"
#include "model/akey.h"
#include "model/bind.h"
#include "model/buckets.h"
#include "model/end.h"
#include "model/listen.h"
#include "model/lookup.h"
#include "model/share.h"
#include "model/tcp_port.h"
#include "model/tuple.h"

#include <errno.h>

static struct model_outcome no(int error, enum model_rule rule)
{
	return (struct model_outcome){.error = error, .rule = rule};
}

/* 0.0.0.0 and :: mean this host: the bound address, or loopback. */
static struct akey destination_of(const struct msock *sock, struct akey to)
{
	static const uint8_t one[16] = {[15] = 1}, loopback[4] = {127, 0, 0, 1};
	uint32_t word;
	bool v4 = !(sock->flags & F_V6) || akey_kind(&to) == AKEY_MAPPED;

	if (!akey_is_any(&to))
		return to;
	memcpy(&word, loopback, 4);
	if (!v4)
		return akey_kind(&sock->local) == AKEY_MAPPED ? akey_v4(word) : akey_of_bytes(one);
	bool own = !akey_is_any(&sock->local) && !(sock->flags & F_NO_SOURCE);
	return own ? sock->local : akey_v4(word);
}

/* IPv4's own address as source (ip_route_output_key_hash_rcu, __mkroute_output). */
static struct model_outcome check_source4(const struct model_space *space, const struct msock *sock,
					  const struct route *route)
{
	if (!rule_on(space, MODEL_RULE_SOURCE_ADDRESS))
		return no(0, MODEL_RULE_OK);
	if (addr_class_of(space, &sock->local) != ADDR_CLASS_LOCAL &&
	    !(sock->flags & F_TRANSPARENT))
		return no(ENETUNREACH, MODEL_RULE_SOURCE_ADDRESS);
	if (akey_is_loopback(&sock->local) && !route->local)
		return no(EINVAL, MODEL_RULE_SOURCE_ADDRESS);
	return no(0, MODEL_RULE_OK);
}

static struct model_outcome check_family(const struct msock *sock, const struct dial *dial)
{
	bool mapped = akey_kind(&dial->to) == AKEY_MAPPED;

	if (!(sock->flags & F_V6))
		return dial->v6 ? no(EAFNOSUPPORT, MODEL_RULE_FAMILY) : no(0, MODEL_RULE_OK);
	if (!dial->v6)
		return no(EINVAL, MODEL_RULE_FAMILY);
	if (mapped && sock->flags & F_V6ONLY)
		return no(ENETUNREACH, MODEL_RULE_MAPPED_V6ONLY);
	return no(0, MODEL_RULE_OK);
}

/* From an IPv4 address to IPv6: told when the route is found (ip6_dst_lookup_tail). */
static bool mixes_families(const struct msock *sock, const struct dial *dial)
{
	const bool from_ipv4 = akey_kind(&sock->local) == AKEY_MAPPED ||
			       sock->flags & F_MAPPED_SOURCE;

	return sock->flags & F_V6 && from_ipv4 && akey_kind(&dial->to) != AKEY_MAPPED;
}

struct model_outcome dial_route(const struct model_space *space, struct msock *sock,
				struct dial *dial)
{
	struct model_outcome refused = check_family(sock, dial);
	bool udp = sock->flags & F_UDP;

	if (refused.error)
		return refused;
	dial->to = destination_of(sock, dial->to);
	if (akey_needs_scope(&dial->to)) {
		if (dial->scope && sock->dev && sock->dev != dial->scope)
			return no(EINVAL, MODEL_RULE_SCOPE);
		if (dial->scope)
			sock->dev = dial->scope;
		if (!sock->dev)
			return no(EINVAL, MODEL_RULE_SCOPE);
	}
	enum addr_class class = addr_class_of(space, &dial->to);
	bool many = class == ADDR_CLASS_MULTICAST || class == ADDR_CLASS_BROADCAST;
	if (many && !udp)
		return no(ENETUNREACH, MODEL_RULE_NO_ROUTE);
	int r = route_find(space, &dial->to, sock->dev, &dial->route);
	bool v4 = akey_kind(&dial->to) == AKEY_MAPPED;
	dial->chooses_source = akey_is_any(&sock->local) || sock->flags & F_NO_SOURCE;
	/* IPv4 looks at the source before the device; IPv6 finds no route by a device there is not. */
	if (r == -ENODEV && v4 && !dial->chooses_source)
		refused = check_source4(space, sock, &dial->route);
	if (refused.error == ENETUNREACH)
		return refused;
	if (r == -ENODEV && !v4)
		return no(ENETUNREACH, MODEL_RULE_DEVICE_UNKNOWN);
	if (r)
		return no(-r, r == -ENODEV ? MODEL_RULE_DEVICE_UNKNOWN : MODEL_RULE_NO_ROUTE);
	if (mixes_families(sock, dial))
		return no(EAFNOSUPPORT, MODEL_RULE_FAMILY);
	if (!dial->chooses_source && v4)
		refused = check_source4(space, sock, &dial->route);
	/* The route is found before the option is looked at (__ip4_datagram_connect). */
	if (!refused.error && class == ADDR_CLASS_BROADCAST && !(sock->flags & F_BROADCAST) &&
	    rule_on(space, MODEL_RULE_UDP_BROADCAST))
		return no(EACCES, MODEL_RULE_UDP_BROADCAST);
	return refused;
}

/* Take a port, or check the one there is. */
static int settle_port(struct model_space *space, uint32_t id, const struct model_turn *turn,
		       struct model_verdict *ret)
{
	struct msock *sock = sock_at(space, id);
	struct model_ports own;
	struct choice choice = {.ports = ret->ports};
	struct asker asker = {.space = space, .sock = sock, .id = id};
	struct tuple_query query = {sock->lport, !sock->lport, turn->now_ms};
	uint32_t twin = 0;

	if (!choice.ports)
		choice.ports = &own;
	if (!sock->lport) {
		tcp_connect_ports(&asker, turn->now_ms, &choice);
		ret->chosen = true;
		ret->may_fail = choice.may_fail;
		ret->n_ports = choice.ports->count;
		ret->outcome = choice.how;
		int r = choice_pick(&choice, turn, &query.lport);
		if (r)
			return r;
		if (!query.lport) {
			ret->outcome = choice.last;
			ret->outcome.error = EADDRNOTAVAIL;
			ret->outcome.rule = MODEL_RULE_CONNECT_EXHAUSTED;
			return 0;
		}
	} else if (turn->port && turn->port != sock->lport) {
		return -ERANGE;
	}
	struct model_outcome taken = tuple_check(space, sock, &query, &twin);
	if (taken.error || taken.rule == MODEL_RULE_TIME_WAIT_REUSE)
		ret->outcome = taken;
	if (taken.error)
		return 0;
	int r = sock->lport ? 0 : tcp_port_take_connect(space, id, query.lport);
	if (r)
		return r;
	ret->port = sock->lport;
	if (twin)
		end_drop(space, twin);
	return flows_add(space, id);
}

static struct lookup syn_of(const struct model_space *space, const struct msock *sock,
			    const struct dial *dial, const struct model_turn *turn)
{
	uint32_t device = sock->dev == 1 ? 1 : dial->route.device;

	return (struct lookup){
		.key = {sock->remote, sock->local, sock->rport, sock->lport},
		.hearing = hearing_of(space, SOCK_PROTO_TCP, device),
		.device = device,
		.v6 = akey_kind(&sock->remote) == AKEY_V6,
		.cpu = turn->cpu,
		.proto = SOCK_PROTO_TCP,
	};
}

static void connected(struct msock *sock, bool timestamps, int16_t cpu)
{
	sock->state = SOCK_STATE_ESTABLISHED;
	sock->file = FILE_CONNECTED;
	if (timestamps)
		sock->flags |= F_TIMESTAMPS;
	if (cpu >= 0)
		sock->cpu = cpu;
}

static int refused(struct model_space *space, uint32_t id, const struct model_turn *turn,
		   struct model_verdict *ret)
{
	if (turn->cpu >= 0)
		sock_at(space, id)->cpu = turn->cpu;
	ret->outcome = no(ECONNREFUSED, MODEL_RULE_REFUSED);
	return end_disconnect(space, id);
}

/* Which of the group's members takes it: the hash is secret. */
static int pick_listener(const struct model_delivery *delivery, const struct model_turn *turn,
			 struct model_verdict *ret)
{
	const struct model_list *list = delivery->list;

	ret->listener = delivery->socket;
	ret->listener_random = delivery->reach == MODEL_REACH_ONE_OF;
	if (ret->listener_random && list->n)
		ret->listener = list->ids[turn->random % list->n];
	if (!turn->listener)
		return 0;
	bool allowed = !ret->listener_random && turn->listener == ret->listener;
	for (uint32_t i = 0; i < list->n && ret->listener_random; i++)
		allowed = allowed || list->ids[i] == turn->listener;
	ret->listener = turn->listener;
	return allowed ? 0 : -ERANGE;
}

static int shake_hands(struct model_space *space, uint32_t id, uint32_t device,
		       const struct model_turn *turn, struct model_verdict *ret)
{
	const struct msock *sock = sock_at(space, id);
	struct flow_key ends = {sock->remote, sock->local, sock->rport, sock->lport};

	ret->peer = listen_take(space, ret->listener, &ends, device);
	if (!ret->peer)
		return -ENOMEM;
	bool timestamps = space->sysctls.timestamps;
	connected(sock_at(space, id), timestamps, turn->cpu);
	connected(sock_at(space, ret->peer), timestamps, turn->cpu);
	sock_at(space, id)->peer = ret->peer;
	sock_at(space, ret->peer)->peer = id;
	return 0;
}

/* The SYN arrives at this host. */
static int arrive(struct model_space *space, uint32_t id, const struct lookup *syn,
		  const struct model_turn *turn, struct model_verdict *ret)
{
	struct model_list list = {0};
	struct model_delivery to = {.list = &list};
	uint32_t met = flows_find(space, &space->flows[0], &syn->key, &syn->hearing);
	int r;

	if (met == id && rule_on(space, MODEL_RULE_SELF_CONNECT)) {
		connected(sock_at(space, id), space->sysctls.timestamps, turn->cpu);
		sock_at(space, id)->peer = id;
		ret->outcome.rule = MODEL_RULE_SELF_CONNECT;
		return 0;
	}
	bool waits = met && sock_at(space, met)->state == SOCK_STATE_TIME_WAIT;
	bool half = waits && sock_at(space, met)->flags & F_FIN_WAIT2;
	lookup_listener(space, syn, &to);
	if (met && to.reach != MODEL_REACH_NONE && !half)
		ret->outcome.rule = MODEL_RULE_TIME_WAIT_SYN;
	/*
	 * A leftover of an older connection answers with ACK, is reset for it, and the SYN is sent
	 * again; half-closed ones reset both.
	 */
	if (met && waits)
		end_drop(space, met);
	else if (met && met != id)
		end_hit_by_reset(space, met);
	if (to.reach == MODEL_REACH_NONE && !rule_on(space, MODEL_RULE_REFUSED)) {
		connected(sock_at(space, id), space->sysctls.timestamps, turn->cpu);
		r = 0;
	} else if (to.reach == MODEL_REACH_NONE || half) {
		r = refused(space, id, turn, ret);
	} else {
		r = pick_listener(&to, turn, ret);
		if (!r)
			r = shake_hands(space, id, syn->device, turn, ret);
	}
	model_list_release(&list);
	return r;
}

/* A connect() that found no port: as before the call. */
static int undo(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	bool keep = !space->behaviour.reset_on_fail;
	uint32_t lock = sock->flags & F_LOCK_ADDR;

	if (keep)
		sock->flags |= F_LOCK_ADDR;
	int r = end_disconnect(space, id);
	if (keep)
		sock->flags = (sock->flags & ~F_LOCK_ADDR) | lock;
	return r;
}

int tcp_connect(struct model_space *space, uint32_t id, struct dial *dial,
		const struct model_turn *turn, struct model_verdict *ret)
{
	struct msock *sock = sock_at(space, id);

	if (sock->file != FILE_UNCONNECTED || sock->state != SOCK_STATE_CLOSE) {
		if (rule_on(space, MODEL_RULE_ALREADY_CONNECTED))
			ret->outcome = no(EISCONN, MODEL_RULE_ALREADY_CONNECTED);
		return 0;
	}
	ret->outcome = dial_route(space, sock, dial);
	if (ret->outcome.error)
		return 0;
	int r = 0;
	if (dial->chooses_source) {
		sock->flags &= ~F_NO_SOURCE;
		r = tcp_address_set(space, id, dial->route.source);
	}
	if (r)
		return r;
	sock->remote = dial->to;
	sock->rport = dial->port;
	sock->state = SOCK_STATE_SYN_SENT;
	r = settle_port(space, id, turn, ret);
	if (r == -ERANGE || ret->outcome.error) {
		int undone = undo(space, id);
		return undone ? undone : r;
	}
	if (r)
		return r;
	if (!dial->route.local) {
		connected(sock, space->sysctls.timestamps, turn->cpu);
		return 0;
	}
	struct lookup syn = syn_of(space, sock, dial, turn);
	return arrive(space, id, &syn, turn, ret);
}
