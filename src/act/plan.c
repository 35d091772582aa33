/* SPDX-License-Identifier: MIT */
/* Sorts the sockets that were named by how they hold the port, then gathers their processes. */
#include "act/plan.h"
#include "base/array.h"
#include "base/auto.h"
#include "core/snapshot.h"
#include "core/what.h"

#include <errno.h>
#include <string.h>

static bool same_place(const struct sock *listener, const struct sock *sock)
{
	return listener->proto == sock->proto && listener->netns == sock->netns &&
	       listener->local_port == sock->local_port;
}

/* The open ports among a million sockets are few: found once, asked for every connection. */
struct listeners {
	uint32_t *socks;
	size_t n;
};

static void listeners_release(struct listeners *listeners)
{
	free(listeners->socks);
}

static int listeners_find(const struct snapshot *snap, struct listeners *ret)
{
	size_t room = 0;

	for (size_t i = 0; i < snap->n_socks; i++) {
		if (!sock_is_open_port(&snap->socks[i]))
			continue;
		if (!array_grow(&ret->socks, ret->n, &room, sizeof(*ret->socks)))
			return -ENOMEM;
		ret->socks[ret->n++] = (uint32_t)i;
	}
	return 0;
}

static bool has_listener(const struct snapshot *snap, const struct listeners *listeners,
			 const struct sock *sock)
{
	for (size_t i = 0; i < listeners->n; i++)
		if (same_place(&snap->socks[listeners->socks[i]], sock))
			return true;
	return false;
}

static enum plan_hold hold_of(const struct snapshot *snap, const struct listeners *listeners,
			      const struct sock *sock)
{
	if (sock_is_open_port(sock) ||
	    (sock->proto == SOCK_PROTO_UNIX && sock->state == SOCK_STATE_LISTEN))
		return PLAN_HOLD_OPEN;
	if (sock->state == SOCK_STATE_BOUND_INACTIVE || sock->proto != SOCK_PROTO_TCP)
		return sock->state == SOCK_STATE_ESTABLISHED ? PLAN_HOLD_OUTGOING : PLAN_HOLD_BOUND;
	if (!sock->inode || sock->state == SOCK_STATE_TIME_WAIT)
		return PLAN_HOLD_NOBODY;
	if (sock->state == SOCK_STATE_SYN_SENT || sock_option_is(sock, SOCK_OPTION_CONNECT_BIND))
		return PLAN_HOLD_OUTGOING;
	if (has_listener(snap, listeners, sock))
		return PLAN_HOLD_ACCEPTED;
	/* The listener may be gone; but a port the kernel hands out is more likely a client's. */
	const struct host *host = sock->netns < snap->n_namespaces && sock->netns
					  ? &snap->namespaces[sock->netns].host
					  : &snap->host;
	return host_port_is_ephemeral(host, sock->local_port) ? PLAN_HOLD_OUTGOING
							      : PLAN_HOLD_ACCEPTED;
}

static bool is_kept(const struct plan_kept *kept, uint32_t pid)
{
	for (size_t i = 0; i < kept->n; i++)
		if (kept->pids[i] == pid)
			return true;
	return pid == 1;
}

static int add_process(const struct snapshot *snap, uint32_t proc,
		       const struct plan_kept *kept, struct plan *plan)
{
	for (size_t i = 0; i < plan->n_processes; i++)
		if (plan->processes[i].proc == proc) {
			plan->processes[i].n_named++;
			return 0;
		}
	if (!array_grow(&plan->processes, plan->n_processes, &plan->room_processes,
			sizeof(*plan->processes)))
		return -ENOMEM;
	const uint32_t pid = snap->procs[proc].pid;
	plan->processes[plan->n_processes++] = (struct plan_process){
		.proc = proc,
		.n_named = 1,
		.untouchable = is_kept(kept, pid),
	};
	return 0;
}

static int add_holders(const struct snapshot *snap, const struct sock *sock,
		       const struct plan_kept *kept, struct plan *plan)
{
	const struct owner *owner;
	int err = 0;

	for (uint32_t nth = 0; !err && (owner = sock_owner(snap, sock, nth)); nth++)
		err = add_process(snap, owner->proc, kept, plan);
	return err;
}

/* A port that was named is the local one: a client of that port elsewhere has nothing to give up. */
static bool is_named(const struct what *what, const struct snapshot *snap, const struct sock *sock)
{
	if (!what_matches(what, snap, sock))
		return false;
	return !what->has_ports || what->kind == WHAT_CONNECTION || what->kind == WHAT_NAME ||
	       (sock->local_port >= what->ports.low && sock->local_port <= what->ports.high);
}

/* Named as a process, not as a port: then every way of holding counts. */
static bool names_process(const struct what *what)
{
	return what->kind == WHAT_FIELD || what->kind == WHAT_NAME ||
	       what->kind == WHAT_CONNECTION;
}

static int add_sockets(const struct snapshot *snap, const struct what *what, struct plan *plan)
{
	AUTO(listeners_release) struct listeners listeners = {};
	size_t room_socks = 0, room_holds = 0;
	int err = listeners_find(snap, &listeners);

	for (size_t i = 0; !err && i < snap->n_socks; i++) {
		if (!is_named(what, snap, &snap->socks[i]))
			continue;
		if (!array_grow(&plan->socks, plan->n_socks, &room_socks, sizeof(*plan->socks)) ||
		    !array_grow(&plan->holds, plan->n_socks, &room_holds, sizeof(*plan->holds)))
			return -ENOMEM;
		const uint8_t hold = hold_of(snap, &listeners, &snap->socks[i]);
		plan->socks[plan->n_socks] = (uint32_t)i;
		plan->holds[plan->n_socks++] = hold;
		plan->counts[hold]++;
	}
	return err;
}

static void count_rest(const struct snapshot *snap, struct plan *plan)
{
	for (size_t i = 0; i < snap->n_owners; i++) {
		const struct sock *sock = &snap->socks[snap->owners[i].sock];
		for (size_t k = 0; k < plan->n_processes; k++) {
			struct plan_process *process = &plan->processes[k];
			if (process->proc != snap->owners[i].proc)
				continue;
			process->n_other_open += sock_is_open_port(sock);
			process->n_connections += sock->proto == SOCK_PROTO_TCP &&
						  sock->state == SOCK_STATE_ESTABLISHED;
		}
	}
	/* what was named is no "other" port */
	for (size_t i = 0; i < plan->n_socks; i++) {
		const struct sock *sock = &snap->socks[plan->socks[i]];
		const struct owner *owner;
		for (uint32_t nth = 0; plan->holds[i] == PLAN_HOLD_OPEN &&
				       (owner = sock_owner(snap, sock, nth));
		     nth++)
			for (size_t k = 0; k < plan->n_processes; k++)
				if (plan->processes[k].proc == owner->proc &&
				    plan->processes[k].n_other_open)
					plan->processes[k].n_other_open--;
	}
}

int plan_make(const struct snapshot *snap, const struct what *what, bool connections,
	      const struct plan_kept *kept, struct plan *ret)
{
	*ret = (struct plan){};
	int err = add_sockets(snap, what, ret);
	const bool served = ret->counts[PLAN_HOLD_OPEN] + ret->counts[PLAN_HOLD_BOUND];

	for (size_t i = 0; !err && i < ret->n_socks; i++) {
		const struct sock *sock = &snap->socks[ret->socks[i]];
		const enum plan_hold hold = ret->holds[i];
		const bool gives_up = hold == PLAN_HOLD_OPEN || hold == PLAN_HOLD_BOUND ||
				      (hold == PLAN_HOLD_ACCEPTED && (connections || !served)) ||
				      (hold == PLAN_HOLD_OUTGOING && names_process(what));
		if (!gives_up)
			continue;
		if (!sock->n_owners && hold <= PLAN_HOLD_BOUND)
			ret->n_unowned++;
		err = add_holders(snap, sock, kept, ret);
	}
	if (!err)
		count_rest(snap, ret);
	return err;
}

void plan_release(struct plan *plan)
{
	if (!plan)
		return;
	free(plan->processes);
	free(plan->socks);
	free(plan->holds);
	*plan = (struct plan){};
}
