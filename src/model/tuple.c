/* SPDX-License-Identifier: MIT */
/* Uniqueness of connections (__inet_check_established, tcp_twsk_unique). */
#include "model/tuple.h"
#include "model/akey.h"
#include "model/buckets.h"
#include "model/conflict.h"

#include <errno.h>

struct hearing hearing_of(const struct model_space *space, enum sock_proto proto, uint32_t device)
{
	uint32_t master = device ? device_l3(space, device) : 0;
	bool accept = proto == SOCK_PROTO_TCP ? space->sysctls.tcp_l3mdev_accept
					      : space->sysctls.udp_l3mdev_accept;

	if (!rule_on(space, MODEL_RULE_VRF_APART))
		accept = true;
	return (struct hearing){
		.dif = device,
		.sdif = master,
		.l3_accept = accept,
	};
}

static bool is_loopback(const struct msock *tw)
{
	return tw->dev == 1 || akey_is_loopback(&tw->local) || akey_is_loopback(&tw->remote);
}

/* tcp_twsk_unique() */
static bool may_take_over(const struct model_space *space, const struct msock *tw,
			  const struct tuple_query *query)
{
	const struct model_sysctls *sysctls = &space->sysctls;

	if (!(tw->flags & F_TIMESTAMPS) || !rule_on(space, MODEL_RULE_TIME_WAIT_REUSE))
		return false;
	if (!query->chosen)
		return true;
	if (!sysctls->tw_reuse || (sysctls->tw_reuse == 2 && !is_loopback(tw)) ||
	    tw->flags & F_FIN_WAIT2)
		return false;
	uint32_t delay = space->behaviour.time_wait_delay ? sysctls->tw_reuse_delay_ms : 1000;
	return (uint32_t)query->now_ms - tw->since_ms > delay;
}

struct model_outcome tuple_check(const struct model_space *space, const struct msock *sock,
				 const struct tuple_query *query, uint32_t *ret_twin)
{
	struct flow_key key = {sock->local, sock->remote, query->lport, sock->rport};
	struct hearing hearing = hearing_of(space, SOCK_PROTO_TCP, sock->dev);
	hearing.all = !rule_on(space, MODEL_RULE_TUPLE_DEVICE);
	uint32_t id = flows_find(space, flows_of(space, SOCK_PROTO_TCP), &key, &hearing);

	if (ret_twin)
		*ret_twin = 0;
	if (!id || sock_at(space, id) == sock)
		return (struct model_outcome){.rule = MODEL_RULE_OK};
	const struct msock *other = sock_at(space, id);
	struct model_outcome taken = {
		.error = EADDRNOTAVAIL,
		.rule = MODEL_RULE_TUPLE_TAKEN,
		.holder = id,
		.way = way_of(other),
	};
	if (other->state == SOCK_STATE_TIME_WAIT && may_take_over(space, other, query)) {
		if (ret_twin)
			*ret_twin = id;
		return (struct model_outcome){.rule = MODEL_RULE_TIME_WAIT_REUSE, .holder = id};
	}
	if (!rule_on(space, MODEL_RULE_TUPLE_TAKEN))
		return (struct model_outcome){.rule = MODEL_RULE_OK};
	return taken;
}
