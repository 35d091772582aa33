/* SPDX-License-Identifier: MIT */
/* The target refuses because no socket there matches: nothing listens, or somewhere else. */
#include "core/sock.h"
#include "diagnose/drops.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"
#include "diagnose/target.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>

struct scene {
	const struct case_facts *facts;
	const struct place *place;
	const struct path_hop *hop;
	struct findings *to;
	const char *where;
	char dst[ADDR_TEXT_SIZE + 8];
	unsigned order;
	bool inferred; /* the refusal was not seen to come from this place's own stack */
};

static struct finding *add(const struct scene *s, enum cause cause, enum proof proof)
{
	struct finding *f = finding_add(s->to, cause, proof);

	finding_place(s->to, f, "%s", s->where);
	if (f) {
		f->order = s->order;
		f->inferred = s->inferred;
	}
	return f;
}

static void elsewhere(const struct scene *s, const struct place_socket *l)
{
	const bool l_v6 = l->local.family == ADDR_IPV6 && !addr_is_mapped(&l->local);
	const bool want_v6 = addr_unmapped(&s->hop->dst).family == ADDR_IPV6;
	char local[ADDR_TEXT_SIZE + 8];
	struct finding *f;

	addr_format_port(&l->local, l->local_port, local);
	if (l->device && l->device != s->hop->in_link) {
		f = add(s, CAUSE_LISTENER_ON_OTHER_DEVICE, PROOF_KERNEL);
		finding_says(s->to, f, "The listener %s is tied to device %s; the packets come in by "
				       "another one.", local, l->device_name ? l->device_name : "?");
		finding_fix(s->to, f, "bind the service without SO_BINDTODEVICE, or to the right device");
	} else if (addr_is_loopback(&l->local)) {
		f = add(s, CAUSE_LISTENER_LOOPBACK_ONLY, PROOF_KERNEL);
		finding_says(s->to, f, "The service listens on %s only: it is not reachable from other "
				       "hosts, nor as %s.", local, s->dst);
		finding_fix(s->to, f, "let it listen on 0.0.0.0, :: or %s", s->dst);
	} else if (addr_is_any(&l->local) && l_v6 != want_v6) {
		f = add(s, CAUSE_LISTENER_OTHER_FAMILY, PROOF_KERNEL);
		finding_says(s->to, f, "The service listens on %s, for %s only; %s was dialled.", local,
			     l_v6 ? "IPv6" : "IPv4", s->dst);
		finding_fix(s->to, f, "let it listen on both families, or dial the other one");
	} else {
		f = add(s, CAUSE_LISTENER_ON_OTHER_ADDRESS, PROOF_KERNEL);
		finding_says(s->to, f, "The service listens on %s, not on %s.", local, s->dst);
		finding_fix(s->to, f, "dial that address, or let the service listen on %s or 0.0.0.0",
			    s->dst);
	}
	add_socket_evidence(s->to, f, s->place, l);
}

/* A listener next door: a container without a published port. */
static void next_door(const struct scene *s, const struct place_socket *l)
{
	const struct place *other = case_place(s->facts, l->netns);
	char local[ADDR_TEXT_SIZE + 8], addr[ADDR_TEXT_SIZE];
	struct finding *f = add(s, CAUSE_LISTENER_IN_OTHER_NETNS, PROOF_FITS);

	addr_format_port(&l->local, l->local_port, local);
	finding_says(s->to, f,
		     "%s has no listener for %s; one runs in the network namespace %s (%" PRIu64
		     ") next to it, without a published port.",
		     s->where, s->dst, l->netns_name ? l->netns_name : "?", l->netns);
	add_socket_evidence(s->to, f, s->place, l);
	for (size_t i = 0; other && i < other->n_addresses; i++)
		if (!addr_is_loopback(&other->addresses[i].addr) &&
		    !addr_is_link_local(&other->addresses[i].addr))
			finding_evidence(s->to, f, "address", "that namespace has %s",
					 addr_format(&other->addresses[i].addr, addr));
	finding_fix(s->to, f, "publish the container's port, or dial its own address");
}

/* A member of a SO_REUSEPORT group that was met before: its port was told. */
static bool is_repeated(const struct place *place, size_t nth)
{
	const struct place_socket *l = &place->sockets[nth];

	for (size_t i = 0; i < nth; i++) {
		const struct place_socket *other = &place->sockets[i];
		if (other->state == SOCK_STATE_LISTEN && other->proto == l->proto &&
		    other->local_port == l->local_port && addr_equal(&other->local, &l->local))
			return true;
	}
	return false;
}

/* What else there is at the target: hints beside "nothing listens". */
static void hints(const struct scene *s, struct finding *none)
{
	unsigned tcp = 0, n_unix = 0;
	const struct place_socket *only_unix = NULL;
	char local[ADDR_TEXT_SIZE + 8];

	for (size_t i = 0; i < s->place->n_sockets; i++) {
		const struct place_socket *l = &s->place->sockets[i];
		if (l->state != SOCK_STATE_LISTEN)
			continue;
		if (l->proto == SOCK_PROTO_UNIX) {
			n_unix++;
			only_unix = l;
		} else if (l->proto == SOCK_PROTO_TCP && l->local_port != s->hop->dst_port &&
			   !is_repeated(s->place, i) && tcp++ < 4) {
			const struct place_process *p =
				l->n_pids ? place_process(s->place, l->pids[0]) : NULL;
			addr_format_port(&l->local, l->local_port, local);
			if (l->n_pids)
				finding_evidence(s->to, none, "sock_diag",
						 "pid %u (%s) listens on %s instead", l->pids[0],
						 p && p->comm ? p->comm : "?", local);
			else
				finding_evidence(s->to, none, "sock_diag",
						 "a process of uid %u that cannot be seen listens on %s "
						 "instead", l->uid, local);
		}
	}
	if (tcp) {
		struct finding *f = finding_add(s->to, CAUSE_LISTENER_ON_OTHER_PORT, PROOF_GUESS);
		finding_says(s->to, f, "Perhaps the service is one that listens on another port there.");
	}
	if (!tcp && n_unix == 1 && only_unix->n_pids) {
		const struct place_process *p = place_process(s->place, only_unix->pids[0]);
		struct finding *f = add(s, CAUSE_LISTENER_UNIX_ONLY, PROOF_KERNEL);
		finding_says(s->to, f, "Nothing there listens on TCP; pid %u (%s) listens on the UNIX "
				       "socket %s only.", only_unix->pids[0], p ? p->comm : "?",
			     only_unix->path);
		finding_fix(s->to, f, "let the daemon listen on tcp port %u too", s->hop->dst_port);
	}
}

static void nothing(const struct scene *s)
{
	const char *proto = sock_proto_name((enum sock_proto)s->facts->asked.proto);
	struct finding *f = add(s, CAUSE_NO_LISTENER, PROOF_KERNEL);

	finding_says(s->to, f, "Nothing listens on %s port %u at %s (%s).", proto, s->hop->dst_port,
		     s->dst, s->where);
	finding_evidence(s->to, f, "sock_diag", "no %s socket there has port %u", proto,
			 s->hop->dst_port);
	finding_fix(s->to, f, "start the service there, or correct the port that is dialled");
	hints(s, f);
}

static void other_kind(const struct scene *s, const struct place_socket *l)
{
	struct finding *f;
	char local[ADDR_TEXT_SIZE + 8];

	addr_format_port(&l->local, l->local_port, local);
	if (l->proto == SOCK_PROTO_UDP) {
		f = add(s, CAUSE_LISTENER_UDP_ONLY, PROOF_KERNEL);
		finding_says(s->to, f, "Port %u is served over UDP only (%s).", l->local_port, local);
		finding_fix(s->to, f, "dial it over UDP, or let the service listen on TCP");
	} else {
		f = add(s, CAUSE_BOUND_NOT_LISTENING, PROOF_KERNEL);
		finding_says(s->to, f, "A process has bound %s but does not listen.", local);
		finding_evidence(s->to, f, "sock_diag", "state BOUND-INACTIVE: in no ss -l, nor in "
							"/proc/net/tcp");
		finding_fix(s->to, f, "see why the program has not called listen() yet");
	}
	add_socket_evidence(s->to, f, s->place, l);
}

/* Of two listeners that do not match the one of the dialled family explains more. */
static const struct place_socket *nearer(const struct scene *s, const struct place_socket *a,
					 const struct place_socket *b)
{
	const uint8_t want = addr_unmapped(&s->hop->dst).family;

	return a && addr_unmapped(&a->local).family == want ? a : b;
}

static void explain(const struct scene *s)
{
	const struct place_socket *other = NULL, *outside = NULL, *kind = NULL;
	const uint8_t proto = s->facts->asked.proto;

	for (size_t i = 0; i < s->place->n_sockets; i++) {
		const struct place_socket *l = &s->place->sockets[i];
		if (l->local_port != s->hop->dst_port || l->proto == SOCK_PROTO_UNIX)
			continue;
		if (l->netns && l->netns != s->place->netns)
			outside = is_open_socket(l) && l->proto == proto ? l : outside;
		else if (l->proto == proto && is_open_socket(l))
			other = nearer(s, other, l);
		else if (proto == SOCK_PROTO_TCP &&
			 (l->state == SOCK_STATE_BOUND_INACTIVE || l->proto == SOCK_PROTO_UDP))
			kind = kind && kind->proto == SOCK_PROTO_TCP ? kind : l;
	}
	if (other)
		elsewhere(s, other);
	else if (kind)
		other_kind(s, kind);
	else if (outside)
		next_door(s, outside);
	else
		nothing(s);
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	struct scene s = {.facts = facts, .to = to};

	if (!a || a->ok || facts->asked.op == CASE_BIND || !a->remote_port)
		return;
	s.place = target_place(facts, &s.hop);
	if (!s.place)
		return;
	const struct icmp_seen *icmp = first_icmp(a);
	const bool udp_refused = a->proto == SOCK_PROTO_UDP && a->error == ECONNREFUSED && icmp &&
				 same_host(&icmp->from, &a->remote);
	if (!is_reset_refused(a) && !udp_refused)
		return;
	if (target_listener(facts))
		return;
	s.where = place_label(to, facts, s.place);
	s.order = facts->forward.n;
	/* A firewall's reset says nothing about sockets; the stack's own was traced. */
	s.inferred = facts->events_watched && !udp_refused &&
		     !find_event(facts, s.place->netns, KERNEL_EVENT_RESET_SENT);
	addr_format_port(&s.hop->dst, s.hop->dst_port, s.dst);
	explain(&s);
}

const struct rule rule_listener = {.name = "listener", .find = find};
