/* SPDX-License-Identifier: MIT */
/* bind() (net/ipv4/af_inet.c __inet_bind, net/ipv6/af_inet6.c __inet6_bind). */
#include "model/bind.h"
#include "model/akey.h"
#include "model/route.h"
#include "model/tcp_port.h"
#include "model/udp_port.h"

#include <errno.h>

static struct model_outcome refuse(const struct model_space *space, int error,
				   enum model_rule rule)
{
	if (!rule_on(space, rule))
		error = 0;
	return (struct model_outcome){.error = error, .rule = error ? rule : MODEL_RULE_OK};
}

static bool nonlocal_allowed(const struct model_space *space, const struct msock *sock, bool v4)
{
	if (!rule_on(space, MODEL_RULE_NONLOCAL))
		return false;
	return sock->flags & (F_FREEBIND | F_TRANSPARENT) ||
	       (v4 ? space->sysctls.nonlocal4 : space->sysctls.nonlocal6);
}

static struct model_outcome check_v4(const struct model_space *space, const struct msock *sock,
				     const struct akey *addr)
{
	if (addr_class_of(space, addr) == ADDR_CLASS_FOREIGN &&
	    !nonlocal_allowed(space, sock, true))
		return refuse(space, EADDRNOTAVAIL, MODEL_RULE_NOT_LOCAL);
	return (struct model_outcome){0};
}

static struct model_outcome check_system_port(const struct model_space *space,
					      const struct bind_call *call)
{
	if (call->port && call->port < space->sysctls.system_below && call->unprivileged)
		return refuse(space, EACCES, MODEL_RULE_SYSTEM_PORT);
	return (struct model_outcome){0};
}

static bool is_taken(const struct msock *sock)
{
	return sock->state != SOCK_STATE_CLOSE || sock->lport;
}

static struct model_outcome check_real_v6(const struct model_space *space, struct msock *sock,
					  const struct bind_call *call)
{
	bool scoped = akey_needs_scope(&call->addr);
	bool hosted = akey_is_loopback(&call->addr);

	if (scoped && call->scope)
		sock->dev = call->scope;
	if (scoped && !sock->dev && rule_on(space, MODEL_RULE_SCOPE))
		return refuse(space, EINVAL, MODEL_RULE_SCOPE);
	if (sock->dev && !device_exists(space, sock->dev) &&
	    rule_on(space, MODEL_RULE_DEVICE_UNKNOWN))
		return refuse(space, ENODEV, MODEL_RULE_DEVICE_UNKNOWN);
	if (akey_is_multicast(&call->addr) || nonlocal_allowed(space, sock, false))
		return (struct model_outcome){0};
	if (!addr_device(space, &call->addr, 0))
		return refuse(space, EADDRNOTAVAIL, MODEL_RULE_NOT_LOCAL);
	if ((scoped || hosted) && sock->dev && !addr_device(space, &call->addr, sock->dev))
		return refuse(space, EADDRNOTAVAIL, MODEL_RULE_DEVICE_ADDRESS);
	return (struct model_outcome){0};
}

static struct model_outcome check_v6_address(const struct model_space *space, struct msock *sock,
					     const struct bind_call *call)
{
	switch (akey_kind(&call->addr)) {
	case AKEY_ANY:
		return (struct model_outcome){0};
	case AKEY_V6:
		return check_real_v6(space, sock, call);
	case AKEY_MAPPED:
		break;
	}
	if (sock->flags & F_V6ONLY && rule_on(space, MODEL_RULE_MAPPED_V6ONLY))
		return refuse(space, EINVAL, MODEL_RULE_MAPPED_V6ONLY);
	if (sock->dev && !device_exists(space, sock->dev) &&
	    rule_on(space, MODEL_RULE_DEVICE_UNKNOWN))
		return refuse(space, ENODEV, MODEL_RULE_DEVICE_UNKNOWN);
	return check_v4(space, sock, &call->addr);
}

static struct model_outcome check_family4(const struct model_space *space, struct msock *sock,
					  const struct bind_call *call)
{
	struct model_outcome no = {0};

	if (call->v6)
		no = refuse(space, EAFNOSUPPORT, MODEL_RULE_FAMILY);
	if (!no.error)
		no = check_v4(space, sock, &call->addr);
	if (!no.error)
		no = check_system_port(space, call);
	if (!no.error && is_taken(sock))
		no = refuse(space, EINVAL, MODEL_RULE_ALREADY_BOUND);
	return no;
}

static struct model_outcome check_family6(const struct model_space *space, struct msock *sock,
					  const struct bind_call *call)
{
	struct model_outcome no = {0};
	bool stream = msock_proto(sock) == SOCK_PROTO_TCP;

	if (!call->v6)
		no = refuse(space, EAFNOSUPPORT, MODEL_RULE_FAMILY);
	if (!no.error && stream && akey_kind(&call->addr) == AKEY_V6 &&
	    akey_is_multicast(&call->addr))
		no = refuse(space, EINVAL, MODEL_RULE_MULTICAST_STREAM);
	if (!no.error)
		no = check_system_port(space, call);
	if (!no.error && is_taken(sock))
		no = refuse(space, EINVAL, MODEL_RULE_ALREADY_BOUND);
	if (!no.error)
		no = check_v6_address(space, sock, call);
	return no;
}

struct model_outcome bind_address(const struct model_space *space, struct msock *sock,
				  const struct bind_call *call)
{
	bool v6 = sock->flags & F_V6;
	struct model_outcome no =
		v6 ? check_family6(space, sock, call) : check_family4(space, sock, call);

	if (no.error)
		return no;
	enum addr_class class = addr_class_of(space, &call->addr);
	/* A former bind() without a port left a source, which multicast does not replace (__inet6_bind). */
	const bool keeps_source = v6 && class == ADDR_CLASS_MULTICAST &&
				  akey_kind(&call->addr) == AKEY_V6;
	if (!keeps_source)
		sock->flags &= ~F_MAPPED_SOURCE;
	else if (akey_kind(&sock->local) == AKEY_MAPPED)
		sock->flags |= F_MAPPED_SOURCE;
	sock->local = call->addr;
	sock->flags &= ~F_NO_SOURCE;
	if (class == ADDR_CLASS_MULTICAST || class == ADDR_CLASS_BROADCAST)
		sock->flags |= F_NO_SOURCE;
	if (v6 && akey_kind(&call->addr) == AKEY_V6)
		sock->flags |= F_V6ONLY;
	return no;
}

/* The address is cleared after a bind() that failed. */
static void bind_reset_address(struct msock *sock)
{
	sock->local = sock->flags & F_V6 ? (struct akey){{0, 0}} : akey_v4(0);
	sock->flags &= ~(F_NO_SOURCE | F_MAPPED_SOURCE);
}

int choice_pick(const struct choice *choice, const struct model_turn *turn, uint16_t *ret)
{
	*ret = turn->port;
	if (turn->port)
		return model_ports_has(choice->ports, turn->port) ? 0 : -ERANGE;
	if (turn->found_none)
		return choice->may_fail ? 0 : -ERANGE;
	if (!choice->ports->count)
		return 0;
	*ret = (uint16_t)model_ports_nth(choice->ports,
					 (uint32_t)(turn->random % choice->ports->count));
	return 0;
}

static void settle_explicit(const struct asker *asker, uint16_t port, struct model_verdict *ret)
{
	struct conflict conflict;
	bool tcp = msock_proto(asker->sock) == SOCK_PROTO_TCP;

	if (tcp)
		tcp_port_check(asker, port, &conflict);
	else
		udp_port_check(asker, port, &conflict);
	ret->outcome = conflict.outcome;
	if (conflict.tri != TRI_UNSURE)
		return;
	ret->depends = true;
	ret->on = conflict.on;
	ret->fact = conflict.fact;
}

static void settle_branch(const struct asker *asker, uint16_t port, uint32_t sock, bool value,
			  struct model_verdict *all)
{
	struct asker branch = *asker;
	struct model_verdict verdict = {0};

	branch.assume = (struct assumption){.sock = sock, .fact = all->fact, .value = value};
	settle_explicit(&branch, port, &verdict);
	if (verdict.depends)
		verdict.outcome.error = -1; /* still open: see struct model_outcome */
	*(value ? &all->if_set : &all->if_clear) = verdict.outcome;
}

static struct model_outcome exhausted(const struct choice *choice)
{
	struct model_outcome outcome = choice->last;

	outcome.error = EADDRINUSE;
	outcome.rule = MODEL_RULE_AUTOBIND_EXHAUSTED;
	return outcome;
}

/*
 * The asker's own options are not all known (a socket of a machine that is asked to listen): with
 * and without them.
 */
static void settle_own(const struct asker *asker, uint16_t port, struct model_verdict *ret)
{
	enum model_fact facts = asker->sock->unknown & (MODEL_FACT_REUSEADDR | MODEL_FACT_REUSEPORT);
	uint32_t flags = (facts & MODEL_FACT_REUSEADDR ? F_REUSEADDR : 0) |
			 (facts & MODEL_FACT_REUSEPORT ? F_REUSEPORT : 0);
	struct msock with = *asker->sock, without = *asker->sock;
	struct asker asks_with = *asker, asks_without = *asker;
	struct model_verdict if_set = {0}, if_clear = {0};

	with.flags |= flags;
	without.flags &= ~flags;
	asks_with.sock = &with;
	asks_without.sock = &without;
	settle_explicit(&asks_with, port, &if_set);
	settle_explicit(&asks_without, port, &if_clear);
	ret->outcome = if_clear.outcome;
	ret->if_set = if_set.outcome;
	ret->if_clear = if_clear.outcome;
	ret->depends = if_set.depends || if_clear.depends ||
		       !if_set.outcome.error != !if_clear.outcome.error;
	if (if_set.depends)
		ret->if_set.error = -1;
	if (if_clear.depends)
		ret->if_clear.error = -1;
	ret->on = asker->id;
	ret->fact = facts & MODEL_FACT_REUSEPORT ? MODEL_FACT_REUSEPORT : MODEL_FACT_REUSEADDR;
}

void bind_port_check(const struct asker *asker, uint16_t port, struct model_verdict *ret,
		     struct choice *choice)
{
	if (port && asker->sock->unknown & (MODEL_FACT_REUSEADDR | MODEL_FACT_REUSEPORT)) {
		settle_own(asker, port, ret);
		return;
	}
	if (port) {
		settle_explicit(asker, port, ret);
		if (ret->depends) {
			settle_branch(asker, port, 0, true, ret);
			settle_branch(asker, port, ret->on, false, ret);
			ret->outcome = ret->if_clear;
		}
		return;
	}
	if (msock_proto(asker->sock) == SOCK_PROTO_TCP)
		tcp_open_ports(asker, choice);
	else
		udp_open_ports(asker, choice);
	ret->chosen = true;
	ret->may_fail = choice->may_fail;
	ret->n_ports = choice->ports->count;
	ret->outcome = choice->how;
	if (!choice->ports->count)
		ret->outcome = exhausted(choice);
}

static int take_port(struct model_space *space, uint32_t id, uint16_t port)
{
	if (msock_proto(sock_at(space, id)) == SOCK_PROTO_TCP)
		return tcp_port_take(space, id, port);
	return udp_port_take(space, id, port);
}

int bind_get_port(struct model_space *space, uint32_t id, uint16_t port,
		  const struct model_turn *turn, struct model_verdict *ret)
{
	struct model_ports own;
	struct choice choice = {.ports = ret->ports};
	struct asker asker = {
		.space = space,
		.sock = sock_at(space, id),
		.id = id,
		.relax = true,
		.reuseport_ok = true,
	};

	if (!choice.ports)
		choice.ports = &own;
	bind_port_check(&asker, port, ret, &choice);
	if (port && turn->port && turn->port != port)
		return -ERANGE;
	if (!port) {
		int r = choice_pick(&choice, turn, &port);
		if (r)
			return r;
		if (!port)
			ret->outcome = exhausted(&choice);
	}
	if (ret->outcome.error || ret->depends)
		return 0;
	ret->port = port;
	int r = take_port(space, id, port);
	if (r == -EBUSY) {
		ret->outcome = (struct model_outcome){.error = EADDRINUSE,
						      .rule = MODEL_RULE_GROUP_BUSY};
		return 0;
	}
	return r;
}

int model_bind(struct model_space *space, uint32_t id, const struct addr *addr, uint16_t port,
	       const struct model_turn *turn, struct model_verdict *ret)
{
	struct msock *sock = sock_get(space, id);
	struct bind_call call = {
		.addr = akey_of(addr),
		.v6 = addr->family == ADDR_IPV6,
		.scope = addr->scope,
		.port = port,
		.unprivileged = turn->unprivileged,
	};

	if (!sock)
		return -EBADF;
	uint32_t only = sock->flags & F_V6ONLY;
	*ret = (struct model_verdict){.ports = ret->ports};
	ret->outcome = bind_address(space, sock, &call);
	if (ret->outcome.error)
		return 0;
	if (!port && sock->flags & F_NO_PORT && rule_on(space, MODEL_RULE_BIND_NO_PORT)) {
		ret->outcome.rule = MODEL_RULE_BIND_NO_PORT;
	} else {
		int r = bind_get_port(space, id, port, turn, ret);
		if (r || ret->outcome.error || ret->depends) {
			bind_reset_address(sock);
			sock->flags = (sock->flags & ~F_V6ONLY) | only;
			return r;
		}
	}
	bool any = sock->flags & F_V6 ? akey_kind(&call.addr) == AKEY_ANY : akey_is_any(&call.addr);
	if (!any)
		sock->flags |= F_LOCK_ADDR;
	if (port)
		sock->flags |= F_LOCK_PORT;
	sock->shown_port = sock->lport;
	sock->rport = 0;
	if (!(sock->flags & F_V6) || akey_kind(&sock->remote) == AKEY_MAPPED)
		sock->remote = (struct akey){{0, 0}};
	return 0;
}
