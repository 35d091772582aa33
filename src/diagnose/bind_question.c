/* SPDX-License-Identifier: MIT */
/* The same question to fresh copies of the port space, once as asked and once for each way out. */
#include "diagnose/bind_question.h"
#include "base/arena.h"
#include "base/auto.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "core/bind_rules.h"
#include "core/snapshot.h"
#include "diagnose/port_space.h"
#include "model/ops.h"

#include <errno.h>
#include <string.h>

static int set(struct model_space *space, uint32_t sock, enum model_option option, uint32_t value)
{
	struct model_verdict verdict;

	return value ? model_set(space, sock, option, value, &verdict) : 0;
}

/* The verdict of bind() and, if asked for, of the listen() behind it. */
static int ask_once(const struct bind_question *q, struct port_space *space,
		    struct model_verdict *ret)
{
	const struct model_turn turn = {.cpu = -1, .unprivileged = q->unprivileged};
	const bool v6 = q->addr.family == ADDR_IPV6;
	uint32_t sock;
	int err = model_open(space->space, q->proto, v6, q->uid, &sock);

	err = err ?: set(space->space, sock, MODEL_OPTION_REUSEADDR, q->reuseaddr);
	err = err ?: set(space->space, sock, MODEL_OPTION_REUSEPORT, q->reuseport);
	err = err ?: set(space->space, sock, MODEL_OPTION_FREEBIND, q->freebind);
	err = err ?: set(space->space, sock, MODEL_OPTION_TRANSPARENT, q->transparent);
	err = err ?: set(space->space, sock, MODEL_OPTION_DEVICE, q->device);
	if (v6)
		err = err ?: set(space->space, sock, MODEL_OPTION_V6ONLY, q->v6only);
	err = err ?: model_bind(space->space, sock, &q->addr, q->port, &turn, ret);
	if (!err && q->listens && q->proto == SOCK_PROTO_TCP && !ret->depends &&
	    !ret->outcome.error)
		err = model_listen(space->space, sock, &turn, ret);
	return err;
}

static int ask(const struct bind_question *q, const struct snapshot *snap,
	       struct port_space *space, struct model_verdict *ret)
{
	int err = port_space_init(space, snap, q->netns, q->port,
				  q->behaviour ? q->behaviour : &model_behaviour_latest);

	return err ? err : ask_once(q, space, ret);
}

static uint64_t digest_of(const struct model_outcome *outcome)
{
	return hash_u64((uint64_t)outcome->holder << 32 | (uint64_t)outcome->rule << 16 |
			(uint16_t)outcome->error);
}

uint64_t bind_question_digest(const struct bind_question *q, const struct snapshot *snap)
{
	AUTO(port_space_release) struct port_space space;
	struct model_verdict verdict = {};

	if (ask(q, snap, &space, &verdict))
		return 0;
	if (!verdict.depends)
		return digest_of(&verdict.outcome);
	return hash_u64(digest_of(&verdict.if_set) * 3 + digest_of(&verdict.if_clear) * 5 +
			verdict.fact);
}

static struct bind_branch branch_of(const struct model_outcome *outcome)
{
	const struct model_rule_row row = model_rule_row(outcome->rule);

	return (struct bind_branch){outcome->error, row.id, row.says};
}

static const char *way_name(enum model_way way)
{
	switch (way) {
	case MODEL_WAY_NONE:
		return NULL;
	case MODEL_WAY_LISTENING:
		return "listening";
	case MODEL_WAY_BOUND:
		return "bound only";
	case MODEL_WAY_CONNECTION:
		return "a connection that bound the port";
	case MODEL_WAY_EPHEMERAL:
		return "an outgoing connection that got the port as its own";
	case MODEL_WAY_ACCEPTED:
		return "a connection that a server accepted";
	case MODEL_WAY_TIME_WAIT:
		return "time-wait";
	}
	return NULL;
}

static void add_owner(const struct snapshot *snap, const struct owner *owner, uint32_t nth,
		      struct strbuf *text)
{
	const struct proc *proc = owner_proc(snap, owner);

	strbuf_printf(text, "%s%s[%u]", nth ? ", " : "", proc->comm, proc->pid);
}

static const char *describe(const struct snapshot *snap, const struct sock *sock,
			    struct arena *arena)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	char place[ADDR_TEXT_SIZE + 8];
	const struct owner *owner;

	for (uint32_t nth = 0; (owner = sock_owner(snap, sock, nth)); nth++)
		add_owner(snap, owner, nth, &text);
	if (!sock->n_owners)
		strbuf_add_text(&text, !sock->inode ? "no process" : "a process that cannot be seen");
	strbuf_printf(&text, ": %s %s %s", sock_proto_name(sock->proto),
		      sock_state_name(sock->state),
		      addr_format_port(&sock->local, sock->local_port, place));
	if (sock->remote_port)
		strbuf_printf(&text, " > %s",
			      addr_format_port(&sock->remote, sock->remote_port, place));
	const char *user = snapshot_user_name(snap, sock->uid);
	const bool has_user = sock->state != SOCK_STATE_TIME_WAIT;
	if (has_user && user)
		strbuf_printf(&text, ", user %s", user);
	if (has_user)
		strbuf_printf(&text, ", uid %u", sock->uid);
	const struct proc *first = sock->n_owners ? owner_proc(snap, sock_owner(snap, sock, 0)) : NULL;
	if (first && first->unit)
		strbuf_printf(&text, ", unit %s", first->unit);
	if (first && first->container)
		strbuf_printf(&text, ", container %s", first->container);
	return text.failed ? NULL : arena_dup(arena, text.text, text.len);
}

/* One socket, several who must let it go: the descriptor was inherited, or sent by SCM_RIGHTS. */
static const char *describe_sharing(const struct snapshot *snap, const struct sock *sock,
				    struct arena *arena)
{
	const struct owner *owner, *first = sock_owner(snap, sock, 0);
	uint32_t processes = 0, last = UINT32_MAX;
	bool travels = false;

	for (uint32_t nth = 0; (owner = sock_owner(snap, sock, nth)); nth++) {
		travels |= owner->fd < 0;
		processes += owner->proc != last;
		last = owner->proc;
	}
	if (travels && processes == 1)
		return arena_printf(arena, "in a UNIX socket's message to pid %u that was not received yet",
				    owner_proc(snap, first)->pid);
	if (processes > 1)
		return arena_printf(arena, "%u processes hold it by inherited or passed descriptors%s: "
				    "the port is free when the last lets go", processes,
				    travels ? ", one not received yet" : "");
	return NULL;
}

/* Would it be allowed with @variant instead? An answer that depends counts as no. */
static bool passes(const struct bind_question *variant, const struct snapshot *snap)
{
	AUTO(port_space_release) struct port_space space;
	struct model_verdict verdict = {};

	return !ask(variant, snap, &space, &verdict) && !verdict.depends && !verdict.outcome.error;
}

static void offer(const struct bind_question *variant, const struct snapshot *snap,
		  const char *words, struct bind_rules *ret)
{
	if (ret->n_would_pass < MAX_WOULD_PASS && passes(variant, snap))
		ret->would_pass[ret->n_would_pass++] = words;
}

static void find_ways_out(const struct bind_question *q, const struct snapshot *snap,
			  struct bind_rules *ret)
{
	struct bind_question v = *q;

	v.reuseaddr = true;
	if (!q->reuseaddr)
		offer(&v, snap, "SO_REUSEADDR", ret);
	v = *q;
	v.reuseport = true;
	if (!q->reuseport)
		offer(&v, snap, "SO_REUSEPORT", ret);
	v = *q;
	v.v6only = true;
	if (!q->v6only && q->addr.family == ADDR_IPV6)
		offer(&v, snap, "IPV6_V6ONLY", ret);
	v = *q;
	v.freebind = true;
	if (!q->freebind && ret->answer.error == EADDRNOTAVAIL)
		offer(&v, snap, "IP_FREEBIND", ret);
	v = *q;
	v.unprivileged = false;
	if (q->unprivileged)
		offer(&v, snap, "CAP_NET_BIND_SERVICE", ret);
}

int bind_question_ask(const struct bind_question *q, const struct snapshot *snap,
		      struct arena *arena, struct bind_rules *ret)
{
	AUTO(port_space_release) struct port_space space;
	struct model_verdict verdict = {};
	int err = ask(q, snap, &space, &verdict);

	*ret = (struct bind_rules){};
	if (err)
		return err == -ENOMEM ? err : 0;
	const struct model_outcome *outcome = verdict.depends ? &verdict.if_set : &verdict.outcome;
	if (verdict.depends && !outcome->error)
		outcome = &verdict.if_clear; /* the branch that has a holder to show */
	ret->answer = branch_of(verdict.depends ? outcome : &verdict.outcome);
	ret->kernel = model_rule_row(outcome->rule).kernel;
	if (verdict.depends) {
		ret->depends_on = model_fact_name(verdict.fact);
		ret->if_set = branch_of(&verdict.if_set);
		ret->if_clear = branch_of(&verdict.if_clear);
	}
	const struct sock *holder = port_space_sock(&space, verdict.depends ? verdict.on
									    : outcome->holder);
	if (holder) {
		ret->holder = describe(snap, holder, arena);
		ret->way = outcome->way == MODEL_WAY_ACCEPTED &&
					   !model_ports_has(&space.listening, q->port)
				   ? "a connection that a server accepted whose listener is gone"
				   : way_name(outcome->way);
		ret->shared = describe_sharing(snap, holder, arena);
		if (outcome->error && outcome->overlap != MODEL_RULE_OK) {
			ret->meets = model_rule_row(outcome->overlap).id;
			ret->meets_says = model_rule_row(outcome->overlap).says;
		}
		if (holder->state == SOCK_STATE_TIME_WAIT)
			ret->wait_ms = holder->timer_ms;
	}
	if (ret->answer.error)
		find_ways_out(q, snap, ret);
	return 0;
}
