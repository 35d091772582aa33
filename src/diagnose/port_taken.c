/* SPDX-License-Identifier: MIT */
/* EADDRINUSE: which socket stands in the way, and why. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <string.h>

/* Could @s and the asked socket both match one packet? Families overlap through dual-stack ones. */
static bool overlaps(const struct asked *asked, const struct addr *wanted,
		     const struct place_socket *s)
{
	const bool we_any = addr_is_any(wanted), it_any = addr_is_any(&s->local);
	/* Sockets tied to two devices do not meet. */
	if (asked->device && s->device_name && strcmp(asked->device, s->device_name) != 0)
		return false;
	const bool we_v6 = wanted->family == ADDR_IPV6, it_v6 = s->local.family == ADDR_IPV6;

	if (we_v6 == it_v6)
		return we_any || it_any || same_host(wanted, &s->local);
	if (we_v6 ? asked->v6only : s->options_known && s->v6only)
		return false;
	/* One is IPv6, the other IPv4: they meet if the IPv6 one is :: or mapped. */
	const struct addr *six = we_v6 ? wanted : &s->local;
	return addr_is_any(six) || same_host(wanted, &s->local) ||
	       (addr_is_mapped(six) && (we_any || it_any));
}

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

static const char *words_of(enum cause cause)
{
	switch ((int)cause) {
	case CAUSE_IN_USE_BOUND_ONLY:
		return "a socket that is bound to it but does not listen (ss -l does not show it)";
	case CAUSE_IN_USE_TIME_WAIT:
		return "a former connection in TIME_WAIT";
	case CAUSE_IN_USE_CLIENT_PORT:
		return "an outgoing connection that got it as its own port";
	case CAUSE_IN_USE_CONNECTION:
		return "a connection of a former server that is still open";
	case CAUSE_IN_USE_REUSEPORT_MISSING:
		return "a socket, and only one of the two has SO_REUSEPORT";
	case CAUSE_IN_USE_REUSEPORT_UID:
		return "a SO_REUSEPORT socket of another user";
	case CAUSE_IN_USE_FD_IN_FLIGHT:
		return "a listening socket that exists only inside a UNIX socket message";
	default:
		return "another socket";
	}
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
	char local[ADDR_TEXT_SIZE + 8], remote[ADDR_TEXT_SIZE + 8];
	struct finding *f = finding_add(to, cause, PROOF_KERNEL);

	addr_format_port(&s->local, s->local_port, local);
	addr_format_port(&s->remote, s->remote_port, remote);
	finding_place(to, f, "this host");
	finding_says(to, f, "%s is held by %s: %s%s%s, uid %u%s.", wanted, words_of(cause), local,
		     s->remote_port ? " > " : "", s->remote_port ? remote : "", s->uid,
		     s->n_pids ? "" : s->state == SOCK_STATE_TIME_WAIT ? ", no process" :
		     ", by a process that cannot be seen from here");
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

/* Open sockets stand in the way before all else; only without one do connections count. */
static unsigned rank_of(const struct place_socket *s)
{
	if (s->proto == SOCK_PROTO_UDP || s->state == SOCK_STATE_LISTEN)
		return 0;
	if (s->state == SOCK_STATE_BOUND_INACTIVE)
		return 1;
	return s->state == SOCK_STATE_TIME_WAIT ? 3 : 2;
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	const struct place *own = case_own_place(facts);
	const struct place_socket *best = NULL;
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
	for (size_t i = 0; i < own->n_sockets; i++) {
		const struct place_socket *s = &own->sockets[i];
		if (s->proto == a->proto && s->local_port == port && overlaps(asked, addr, s) &&
		    (!best || rank_of(s) < rank_of(best)))
			best = s;
	}
	if (!best)
		return;
	add_holder(facts, best, wanted, to);
	add_guesses(facts, best, to);
}

const struct rule rule_port_taken = {.name = "port-taken", .find = find};
