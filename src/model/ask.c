/* SPDX-License-Identifier: MIT */
/* The checks of bind() and connect() on a socket that is in no table. */
#include "model/ask.h"
#include "model/akey.h"
#include "model/autobind.h"
#include "model/bind.h"
#include "model/buckets.h"
#include "model/connect.h"
#include "model/tcp_port.h"

#include <errno.h>
#include <stdlib.h>

static struct msock sock_of(const struct model_space *space, const struct model_question *q)
{
	return (struct msock){
		.local = q->v6 ? (struct akey){{0, 0}} : akey_v4(0),
		.dev = q->device,
		.uid = q->uid,
		.flags = F_USED | (q->v6 ? F_V6 : 0) | (q->proto != SOCK_PROTO_TCP ? F_UDP : 0) |
			 (q->proto == SOCK_PROTO_UDPLITE ? F_LITE : 0) |
			 (q->v6only || (q->v6 && space->sysctls.bindv6only) ? F_V6ONLY : 0) |
			 (q->reuseaddr ? F_REUSEADDR : 0) | (q->reuseport ? F_REUSEPORT : 0) |
			 (q->freebind ? F_FREEBIND : 0) | (q->no_port ? F_NO_PORT : 0),
		.state = SOCK_STATE_CLOSE,
		.cpu = -1,
		.range_low = q->range_low,
		.range_high = q->range_high,
	};
}

static struct bind_call call_of(const struct model_question *q)
{
	return (struct bind_call){
		.addr = akey_of(&q->addr),
		.v6 = q->addr.family == ADDR_IPV6,
		.scope = q->addr.scope,
		.port = q->port,
		.unprivileged = q->unprivileged,
	};
}

/* Room for a set of ports: the caller's, or a borrowed one. */
static struct model_ports *ports_of(struct model_verdict *verdict, struct model_ports **ret_own)
{
	*ret_own = verdict->ports ? NULL : malloc(sizeof(**ret_own));
	return verdict->ports ? verdict->ports : *ret_own;
}

int model_ask_bind(const struct model_space *space, const struct model_question *question,
		   struct model_verdict *ret)
{
	struct msock sock = sock_of(space, question);
	struct bind_call call = call_of(question);
	struct model_ports *own;
	struct choice choice = {.ports = ports_of(ret, &own)};
	struct asker asker = {
		.space = space,
		.sock = &sock,
		.relax = true,
		.reuseport_ok = true,
	};

	if (!choice.ports)
		return -ENOMEM;
	*ret = (struct model_verdict){.ports = ret->ports};
	ret->outcome = bind_address(space, &sock, &call);
	if (!ret->outcome.error && !question->port && question->no_port && !question->listens) {
		ret->outcome.rule = MODEL_RULE_BIND_NO_PORT;
	} else if (!ret->outcome.error) {
		bind_port_check(&asker, question->port, ret, &choice);
		if (question->listens && question->port && !ret->outcome.error && !ret->depends) {
			sock.state = SOCK_STATE_LISTEN;
			bind_port_check(&asker, question->port, ret, &choice);
		}
		ret->port = ret->outcome.error ? 0 : question->port;
	}
	free(own);
	return 0;
}

static void add_holder(const struct asker *asker, uint32_t id, uint32_t max,
		       struct model_list *list)
{
	struct model_outcome outcome = {0};
	enum model_fact fact;

	if (list->n >= max || conflict_judge(asker, id, true, &outcome, &fact) == TRI_NO)
		return;
	if (!array_room(&list->ids, list->n, &list->room, sizeof(*list->ids)))
		list->ids[list->n++] = id;
}

void model_ask_holders(const struct model_space *space, const struct model_question *question,
		       uint32_t max, struct model_list *ret_list)
{
	struct msock sock = sock_of(space, question);
	struct bind_call call = call_of(question);
	struct asker asker = {
		.space = space,
		.sock = &sock,
		.relax = true,
		.reuseport_ok = true,
	};
	struct bucket_key key = {
		.port = question->port,
		.kind = BUCKET_PORT,
		.proto = question->proto,
	};
	bool tcp = question->proto == SOCK_PROTO_TCP;

	if (bind_address(space, &sock, &call).error)
		return;
	uint32_t port = tcp ? tcp_bucket(space, question->port, sock.dev) : bucket_find(space, &key);
	if (!port)
		return;
	if (!tcp) {
		foreach_owner(space, port, id)
			add_holder(&asker, id, max, ret_list);
		return;
	}
	foreach_address(space, port, address)
		foreach_owner(space, address, id)
			add_holder(&asker, id, max, ret_list);
}

int model_ask_connect(const struct model_space *space, const struct model_question *question,
		      struct model_verdict *ret, struct model_ports *ret_maybe)
{
	struct msock sock = sock_of(space, question);
	struct dial dial = {
		.to = akey_of(&question->addr),
		.v6 = question->addr.family == ADDR_IPV6,
		.scope = question->addr.scope,
		.port = question->port,
	};
	struct model_ports *own;
	struct choice choice = {.ports = ports_of(ret, &own), .maybe = ret_maybe};
	struct asker asker = {.space = space, .sock = &sock};

	if (!choice.ports)
		return -ENOMEM;
	*ret = (struct model_verdict){.ports = ret->ports};
	ret->outcome = dial_route(space, &sock, &dial);
	if (!ret->outcome.error) {
		sock.local = dial.route.source;
		sock.remote = dial.to;
		sock.rport = dial.port;
		tcp_connect_ports(&asker, question->now_ms, &choice);
		ret->chosen = true;
		ret->may_fail = choice.may_fail;
		ret->n_ports = choice.ports->count;
		ret->outcome = choice.how;
		if (!choice.ports->count) {
			ret->outcome = choice.last;
			ret->outcome.error = EADDRNOTAVAIL;
			ret->outcome.rule = MODEL_RULE_CONNECT_EXHAUSTED;
			ret->depends = ret_maybe && ret_maybe->count;
			ret->fact = MODEL_FACT_EPHEMERAL;
		}
	}
	free(own);
	return 0;
}
