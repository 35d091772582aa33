/* SPDX-License-Identifier: MIT */
/* EADDRINUSE: which socket stands in the way by the port rules (model/), and why. */
#include "base/auto.h"
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"
#include "model/ask.h"
#include "model/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_outgoing(const struct place *own, const struct place_socket *s)
{
	return host_port_is_ephemeral(&own->host, s->local_port) &&
	       (!host_port_is_ephemeral(&own->host, s->remote_port) || s->remote_port < 1024);
}

static enum cause cause_of(const struct case_facts *facts, const struct place_socket *s)
{
	const struct place *own = case_own_place(facts);
	const int64_t uid = facts->asked.uid >= 0 ? facts->asked.uid : (int64_t)facts->caller.uid;
	const bool open = s->proto == SOCK_PROTO_UDP || s->state == SOCK_STATE_LISTEN;

	if (s->state == SOCK_STATE_BOUND_INACTIVE ||
	    (s->proto == SOCK_PROTO_TCP && s->state == SOCK_STATE_CLOSE))
		return CAUSE_IN_USE_BOUND_ONLY;
	if (s->state == SOCK_STATE_TIME_WAIT)
		return CAUSE_IN_USE_TIME_WAIT;
	if (!open)
		return is_outgoing(own, s) ? CAUSE_IN_USE_CLIENT_PORT : CAUSE_IN_USE_CONNECTION;
	if (facts->asked.reuseport && s->options_known && !s->reuseport)
		return CAUSE_IN_USE_REUSEPORT_MISSING;
	if (facts->asked.reuseport && s->options_known && s->uid != (uint32_t)uid)
		return CAUSE_IN_USE_REUSEPORT_UID;
	if (!facts->asked.reuseport && s->options_known && s->reuseport)
		return CAUSE_IN_USE_REUSEPORT_MISSING;
	if (s->in_flight)
		return CAUSE_IN_USE_FD_IN_FLIGHT;
	return CAUSE_IN_USE_LISTENER;
}

/* How the holder has the port, before its addresses. */
static const char *way_of(enum cause cause, const struct place_socket *s)
{
	switch ((int)cause) {
	case CAUSE_IN_USE_BOUND_ONLY:
		return "bound, but not listening (ss -l does not show it), at ";
	case CAUSE_IN_USE_TIME_WAIT:
		return "a former connection in TIME_WAIT, ";
	case CAUSE_IN_USE_CLIENT_PORT:
		return "an outgoing connection that got it as its own port, ";
	case CAUSE_IN_USE_CONNECTION:
		return "a connection of a former server that is still open, ";
	case CAUSE_IN_USE_REUSEPORT_MISSING:
		return "a socket, and only one of the two has SO_REUSEPORT, at ";
	case CAUSE_IN_USE_REUSEPORT_UID:
		return "a SO_REUSEPORT socket of another user, at ";
	case CAUSE_IN_USE_FD_IN_FLIGHT:
		return "a listening socket that exists only inside a UNIX socket message, at ";
	default:
		return s->proto == SOCK_PROTO_TCP ? "listening on " : "open at ";
	}
}

/* "nginx[812] and 3 more: "; TIME_WAIT has nobody. */
static void name_holders(const struct place *own, const struct place_socket *s, char *text,
			 size_t size)
{
	const struct place_process *first = s->n_pids ? place_process(own, s->pids[0]) : NULL;
	char more[24] = "";

	*text = '\0';
	if (s->n_pids > 1)
		snprintf(more, sizeof(more), " and %u more", s->n_pids - 1u);
	if (s->n_pids)
		snprintf(text, size, "%s[%u]%s: ", first && first->comm ? first->comm : "?",
			 s->pids[0], more);
	else if (s->state != SOCK_STATE_TIME_WAIT)
		snprintf(text, size, "a process of uid %u that cannot be seen from here: ", s->uid);
}

static const char *fix_of(enum cause cause)
{
	switch ((int)cause) {
	case CAUSE_IN_USE_TIME_WAIT:
		return "set SO_REUSEADDR in the server (and in its predecessor), or wait a minute";
	case CAUSE_IN_USE_CLIENT_PORT:
		return "keep the port out of the clients' range: net.ipv4.ip_local_reserved_ports";
	case CAUSE_IN_USE_REUSEPORT_MISSING:
		return "set SO_REUSEPORT on both sockets, or stop the other one";
	case CAUSE_IN_USE_REUSEPORT_UID:
		return "run both servers as the same user";
	default:
		return "stop the holder (berth free), or use another port or address";
	}
}

static void add_holder(const struct case_facts *facts, const struct place_socket *s,
		       const char *wanted, struct findings *to)
{
	const struct place *own = case_own_place(facts);
	const enum cause cause = cause_of(facts, s);
	char local[ADDR_TEXT_SIZE + 8], remote[ADDR_TEXT_SIZE + 8], holders[120];
	struct finding *f = finding_add(to, cause, PROOF_KERNEL);

	addr_format_port(&s->local, s->local_port, local);
	addr_format_port(&s->remote, s->remote_port, remote);
	finding_place(to, f, "this host");
	name_holders(own, s, holders, sizeof(holders));
	finding_says(to, f, "%s is held by %s%s%s%s%s.", wanted, holders, way_of(cause, s), local,
		     s->remote_port ? " > " : "", s->remote_port ? remote : "");
	finding_evidence(to, f, "sock_diag", "%s %s %s%s%s, inode %u, uid %u",
			 sock_proto_name((enum sock_proto)s->proto),
			 s->state == SOCK_STATE_TIME_WAIT ? "TIME-WAIT" :
			 sock_state_name((enum sock_state)s->state), local,
			 s->remote_port ? " > " : "", s->remote_port ? remote : "", s->inode, s->uid);
	for (unsigned i = 0; i < s->n_pids; i++) {
		const struct place_process *p = place_process(own, s->pids[i]);
		finding_evidence(to, f, "proc", "held by pid %u (%s), uid %u", s->pids[i],
				 p && p->comm ? p->comm : "?", p ? p->uid : s->uid);
	}
	if (cause == CAUSE_IN_USE_CLIENT_PORT)
		finding_evidence(to, f, "sysctl", "net.ipv4.ip_local_port_range = %u %u",
				 own->host.ephemeral.low, own->host.ephemeral.high);
	if (cause == CAUSE_IN_USE_REUSEPORT_MISSING)
		finding_evidence(to, f, "getsockopt", "the holder has SO_REUSEPORT %s, we %s",
				 s->reuseport ? "on" : "off", facts->asked.reuseport ? "ask for it" : "do not");
	finding_fix(to, f, "%s", fix_of(cause));
}

/* We ask for SO_REUSEPORT; whether the holder has it cannot be seen: both reasons are possible. */
static void add_guesses(const struct case_facts *facts, const struct place_socket *s,
			struct findings *to)
{
	const int64_t uid = facts->asked.uid >= 0 ? facts->asked.uid : (int64_t)facts->caller.uid;
	struct finding *f;

	if (!facts->asked.reuseport || s->options_known ||
	    (s->proto == SOCK_PROTO_TCP && s->state != SOCK_STATE_LISTEN))
		return;
	if (s->uid != (uint32_t)uid) {
		f = finding_add(to, CAUSE_IN_USE_REUSEPORT_UID, PROOF_GUESS);
		finding_says(to, f, "If the holder has SO_REUSEPORT too, its user (%u) must be ours.",
			     s->uid);
	}
	f = finding_add(to, CAUSE_IN_USE_REUSEPORT_MISSING, PROOF_GUESS);
	finding_says(to, f, "Perhaps the holder has no SO_REUSEPORT; as root berth sees it.");
}

/* Its parent has ended, and it waits for something else than a connection. */
static bool is_left_behind(const struct place_process *p)
{
	return p && p->parent == 1 && p->state == 'S' && p->syscall && !p->in_accept;
}

/* A server without its parent may sleep for a reason of its own: no more than a guess. */
static void add_inherited(const struct case_facts *facts, const struct place_socket *s,
			  struct findings *to)
{
	const struct place *own = case_own_place(facts);

	if (cause_of(facts, s) != CAUSE_IN_USE_LISTENER || !s->n_pids)
		return;
	for (unsigned i = 0; i < s->n_pids; i++)
		if (!is_left_behind(place_process(own, s->pids[i])))
			return;
	const struct place_process *p = place_process(own, s->pids[0]);
	struct finding *f = finding_add(to, CAUSE_IN_USE_INHERITED_FD, PROOF_GUESS);
	finding_place(to, f, "this host");
	finding_says(to, f, "Perhaps %s[%u] only inherited the socket from a server that is gone: its "
			    "parent has ended, and it waits in %s, not for connections.",
		     p->comm, p->pid, p->syscall);
	finding_evidence(to, f, "proc", "pid %u: parent 1, in %s", p->pid, p->syscall);
	finding_fix(to, f, "end pid %u; in the server, open sockets with SOCK_CLOEXEC", p->pid);
}

/* Open sockets stand in the way before all else; only without one do connections count. */
static unsigned rank_of(const struct place_socket *s)
{
	if (s->proto == SOCK_PROTO_UDP || s->state == SOCK_STATE_LISTEN)
		return 0;
	if (s->state == SOCK_STATE_BOUND_INACTIVE)
		return 1;
	return s->state == SOCK_STATE_TIME_WAIT ? 3 : 2;
}

/* The sockets of a place in the port rules: index by the space's number. */
struct port_rules {
	struct model_space *space;
	uint32_t *index; /* in place.sockets, plus 1 */
	uint32_t n;
};

static void port_rules_release(struct port_rules *ports)
{
	model_space_free(ports->space);
	free(ports->index);
}

static struct model_existing existing_of(const struct place_socket *s)
{
	const bool six = s->local.family == ADDR_IPV6;

	return (struct model_existing){
		.local = s->local,
		.remote = s->remote_port ? s->remote : (struct addr){},
		.local_port = s->local_port,
		.remote_port = s->remote_port,
		.uid = s->uid,
		.device = s->device,
		.proto = s->proto,
		.state = s->state == SOCK_STATE_NEW_SYN_RECV ? SOCK_STATE_SYN_RECV : s->state,
		.v6 = six,
		.v6only = s->v6only,
		.reuseaddr = s->reuseaddr,
		.reuseport = s->reuseport,
		.unknown = s->options_known ? 0
					    : MODEL_FACT_REUSEADDR | MODEL_FACT_REUSEPORT |
						      (six ? MODEL_FACT_V6ONLY : 0),
	};
}

static int load(struct port_rules *ports, const struct place *own, enum sock_proto proto,
		uint16_t port)
{
	int err = 0;

	ports->space = model_space_new(&model_behaviour_latest);
	ports->index = calloc(own->n_sockets + 2, sizeof(*ports->index));
	if (!ports->space || !ports->index)
		return -ENOMEM;
	/* Whether the address is one of this host is another rule's question. */
	model_space_sysctls(ports->space)->nonlocal4 = true;
	model_space_sysctls(ports->space)->nonlocal6 = true;
	for (size_t i = 0; i < own->host.n_interfaces && !err; i++)
		err = model_space_add_device(ports->space, own->host.interfaces[i].index, 0);
	for (size_t i = 0; i < own->n_sockets && !err; i++) {
		const struct place_socket *s = &own->sockets[i];
		const struct model_existing existing = existing_of(s);
		uint32_t id;
		if (s->proto != proto || s->local_port != port)
			continue;
		err = model_load(ports->space, &existing, &id);
		if (!err && id < own->n_sockets + 2)
			ports->index[id] = (uint32_t)i + 1;
	}
	ports->n = (uint32_t)own->n_sockets + 2;
	return err;
}

static struct model_question question_of(const struct case_facts *facts, const struct addr *addr,
					 uint16_t port)
{
	const struct asked *asked = &facts->asked;
	const struct place *own = case_own_place(facts);
	const struct interface *device =
		asked->device ? host_interface_by_name(&own->host, asked->device) : NULL;

	return (struct model_question){
		.addr = *addr,
		.port = port,
		.uid = asked->uid >= 0 ? (uint32_t)asked->uid : facts->caller.uid,
		.device = device ? device->index : 0,
		.proto = (uint8_t)case_subject(facts)->proto,
		.v6 = addr->family == ADDR_IPV6,
		.v6only = asked->v6only,
		.reuseaddr = asked->reuseaddr,
		.reuseport = asked->reuseport,
		.freebind = asked->freebind,
	};
}

/* Of all that stand in the way, also those that do so only perhaps, the one that says most. */
static const struct place_socket *find_holder(const struct case_facts *facts,
					      const struct addr *addr, uint16_t port)
{
	const struct place *own = case_own_place(facts);
	AUTO(port_rules_release) struct port_rules ports = {};
	AUTO(model_list_release) struct model_list holders = {};
	const struct model_question question = question_of(facts, addr, port);
	const struct place_socket *best = NULL;

	if (load(&ports, own, (enum sock_proto)question.proto, port))
		return NULL;
	model_ask_holders(ports.space, &question, UINT32_MAX, &holders);
	for (uint32_t i = 0; i < holders.n; i++) {
		const uint32_t id = holders.ids[i];
		const uint32_t index = id < ports.n ? ports.index[id] : 0;
		const struct place_socket *s = index ? &own->sockets[index - 1] : NULL;
		if (s && (!best || rank_of(s) < rank_of(best)))
			best = s;
	}
	return best;
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	const struct place *own = case_own_place(facts);
	char wanted[ADDR_TEXT_SIZE + 8];

	if (!a || a->ok || a->error != EADDRINUSE || !own ||
	    (a->phase != PHASE_BIND && a->phase != PHASE_LISTEN))
		return;
	const struct asked *asked = &facts->asked;
	const struct addr *addr = asked->op == CASE_BIND ? &a->local : &asked->bind_addr;
	const uint16_t port = asked->op == CASE_BIND ? a->local_port : asked->bind_port;
	if (!port)
		return;
	addr_format_port(addr, port, wanted);
	struct finding *f = finding_add(to, CAUSE_ADDRESS_IN_USE, PROOF_SEEN);
	finding_place(to, f, "this host");
	finding_says(to, f, "%s is taken, by whom could not be told.", wanted);
	const struct place_socket *best = find_holder(facts, addr, port);
	if (!best)
		return;
	add_holder(facts, best, wanted, to);
	add_guesses(facts, best, to);
	add_inherited(facts, best, to);
}

const struct rule rule_port_taken = {.name = "port-taken", .find = find};
