/* SPDX-License-Identifier: MIT */
/* Connected, but the program does not serve: stopped, not accepting, not answering, not reading. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"
#include "diagnose/target.h"

#include <errno.h>
#include <inttypes.h>

struct scene {
	const struct case_facts *facts;
	const struct attempt *a;
	const struct place *place;
	const struct path_hop *hop;
	const struct place_socket *child; /* the far end of our connection, or NULL */
	struct findings *to;
	const char *where;
	char dst[ADDR_TEXT_SIZE + 8];
};

static struct finding *add(const struct scene *s, enum cause cause, enum proof proof,
			   const struct place_process *p)
{
	struct finding *f = finding_add(s->to, cause, proof);

	finding_place(s->to, f, p ? "%s, pid %u (%s)" : "%s", s->where, p ? p->pid : 0,
		      p ? p->comm : "");
	if (f)
		f->order = s->facts->forward.n;
	return f;
}

static bool is_stopped(const struct place_process *p)
{
	return p->state == 'T' || p->state == 't' || p->frozen;
}

static bool is_starved(const struct place_process *p)
{
	return p->max_fds && p->n_fds >= p->max_fds;
}

static const struct place_process *holder(const struct scene *s, const struct place_socket *l)
{
	const struct place_process *first = NULL;

	for (unsigned i = 0; i < l->n_pids; i++) {
		const struct place_process *p = place_process(s->place, l->pids[i]);
		if (p && is_stopped(p))
			return p;
		first = first ? first : p;
	}
	return first;
}

/* Listeners that could have got the connection: one of them is stuck, how many others are not? */
static void beside(const struct scene *s, const struct place_socket *stuck,
		   const struct place_process *p)
{
	const struct place_socket *healthy = NULL;

	for (size_t i = 0; i < s->place->n_sockets; i++) {
		const struct place_socket *l = &s->place->sockets[i];
		if (l == stuck || !socket_matches(l, s->hop, s->a->proto) ||
		    (l->netns && l->netns != s->place->netns))
			continue;
		const struct place_process *q = holder(s, l);
		if (q && q->pid != p->pid && !is_stopped(q) && l->recv_queue <= stuck->recv_queue)
			healthy = l;
	}
	if (!healthy)
		return;
	const bool shadows = addr_is_any(&healthy->local) && !addr_is_any(&stuck->local);
	struct finding *f = add(s, shadows ? CAUSE_SHADOWED_LISTENER : CAUSE_REUSEPORT_DEAD_WORKER,
				PROOF_KERNEL, p);
	if (f)
		f->bonus = 10;
	if (shadows)
		finding_says(s->to, f, "The stuck process %u (%s) listens on the more specific address and "
				       "hides the healthy listener.", p->pid, p->comm);
	else
		finding_says(s->to, f, "Process %u (%s), one of several that share the port by "
				       "SO_REUSEPORT, does not serve: its share of the connections hangs.",
			     p->pid, p->comm);
	add_socket_evidence(s->to, f, s->place, stuck);
	add_socket_evidence(s->to, f, s->place, healthy);
	finding_evidence(s->to, f, "proc", "pid %u is in state %c%s", p->pid, p->state ? p->state : '?',
			 p->frozen ? ", frozen" : "");
	finding_fix(s->to, f, "stop or continue pid %u", p->pid);
}

static void not_accepted(const struct scene *s, const struct place_socket *l)
{
	const struct place_process *p = holder(s, l);
	struct finding *f;

	if (!p) {
		f = add(s, CAUSE_APP_NOT_ACCEPTING, PROOF_FITS, NULL);
		finding_says(s->to, f, "%u connections wait at %s, nobody accepts them.", l->recv_queue, s->dst);
		add_socket_evidence(s->to, f, s->place, l);
		return;
	}
	if (is_stopped(p)) {
		f = add(s, CAUSE_APP_STOPPED, PROOF_KERNEL, p);
		finding_says(s->to, f, "The process %u (%s) that listens on %s is %s: the kernel completes "
				       "handshakes, nobody accepts.", p->pid, p->comm, s->dst,
			     p->frozen ? "frozen by its cgroup" : "stopped (state T)");
		finding_fix(s->to, f, p->frozen ? "thaw its cgroup" : "kill -CONT %u", p->pid);
	} else if (is_starved(p)) {
		f = add(s, CAUSE_APP_OUT_OF_FDS, PROOF_KERNEL, p);
		finding_says(s->to, f, "The process %u (%s) has no file descriptor left (%u of %u): accept() "
				       "fails.", p->pid, p->comm, p->n_fds, p->max_fds);
		finding_fix(s->to, f, "raise its limit (LimitNOFILE=), or find what it leaves open");
	} else {
		f = add(s, CAUSE_APP_NOT_ACCEPTING, PROOF_KERNEL, p);
		if (f) /* it may be late, not stuck: it runs, or waits for the next connection */
			f->inferred = p->state == 'R' || p->in_accept;
		finding_says(s->to, f, "The process %u (%s) listens on %s but does not accept: %u "
				       "connections wait.", p->pid, p->comm, s->dst, l->recv_queue);
		finding_fix(s->to, f, "see what it does instead: gdb -p %u, or its log", p->pid);
	}
	add_socket_evidence(s->to, f, s->place, l);
	finding_evidence(s->to, f, "proc", "pid %u: state %c%s, %u of %u descriptors, in %s", p->pid,
			 p->state ? p->state : '?', p->frozen ? " (frozen)" : "", p->n_fds, p->max_fds,
			 p->syscall ? p->syscall : "?");
	beside(s, l, p);
}

static void accepted(const struct scene *s)
{
	const struct place_process *p = holder(s, s->child);
	struct finding *f;

	if (!p)
		return;
	if (is_stopped(p)) {
		f = add(s, CAUSE_APP_STOPPED, PROOF_KERNEL, p);
		finding_says(s->to, f, "The process %u (%s) that has the connection is stopped.", p->pid, p->comm);
		finding_fix(s->to, f, "kill -CONT %u", p->pid);
	} else if (s->a->tcp.known && (s->a->tcp.zero_window || s->a->phase == PHASE_SEND)) {
		f = add(s, CAUSE_APP_NOT_READING, PROOF_KERNEL, p);
		finding_says(s->to, f, "The process %u (%s) does not read: %u bytes wait in its socket, the "
				       "receive window is closed.", p->pid, p->comm, s->child->recv_queue);
		finding_fix(s->to, f, "see what the program does instead of reading: gdb -p %u", p->pid);
	} else {
		f = add(s, CAUSE_APP_NO_REPLY, PROOF_KERNEL, p);
		finding_says(s->to, f, "The process %u (%s) has accepted the connection and does not answer; "
				       "%u bytes wait unread in its socket.", p->pid, p->comm, s->child->recv_queue);
		finding_fix(s->to, f, "see what the program does: gdb -p %u, or its log", p->pid);
	}
	add_socket_evidence(s->to, f, s->place, s->child);
	finding_evidence(s->to, f, "proc", "pid %u: state %c, in %s", p->pid, p->state ? p->state : '?',
			 p->syscall ? p->syscall : "?");
}

static void deferred(const struct scene *s, const struct place_socket *l)
{
	const struct place_process *p = holder(s, l);

	if (!l->defer_accept || s->a->sent_bytes)
		return;
	struct finding *f = add(s, CAUSE_DEFER_ACCEPT, PROOF_KERNEL, p);
	if (f)
		f->bonus = 10;
	finding_says(s->to, f, "TCP_DEFER_ACCEPT at %s holds the connection until the client speaks; the "
			       "client waits for the server.", s->dst);
	add_socket_evidence(s->to, f, s->place, l);
	finding_evidence(s->to, f, "option", "TCP_DEFER_ACCEPT = %d s on the listener", l->defer_accept);
	finding_fix(s->to, f, "take TCP_DEFER_ACCEPT out of the server, or let the client speak first");
}

static void hangs(const struct scene *s, const struct place_socket *l)
{
	const bool delivered = !s->a->tcp.known || !s->a->tcp.unacked || s->a->tcp.zero_window ||
			       s->a->tcp.bytes_acked > 1;

	if (!delivered)
		return; /* the data does not even arrive: not the program's fault */
	if (s->child && s->child->inode) {
		accepted(s);
		return;
	}
	if (!l)
		return;
	deferred(s, l);
	/* Of several that share the port the one with waiting connections has ours. */
	for (size_t i = 0; i < s->place->n_sockets; i++) {
		const struct place_socket *other = &s->place->sockets[i];
		if (other->recv_queue > l->recv_queue && socket_matches(other, s->hop, s->a->proto))
			l = other;
	}
	if (l->recv_queue)
		not_accepted(s, l);
}

static void ended(const struct scene *s, const struct place_socket *l)
{
	const struct place_process *p = l ? holder(s, l) : NULL;
	const bool aborted = place_counter(s->place, "TcpExt.TCPAbortOnClose") ||
			     place_counter(s->place, "TcpExt.TCPAbortOnData") ||
			     place_counter(s->place, "TcpExt.TCPAbortOnLinger");
	struct finding *f;

	if (!l) {
		if (s->a->error != ECONNRESET)
			return;
		f = add(s, CAUSE_LISTENER_CLOSED, PROOF_FITS, NULL);
		finding_says(s->to, f, "The listener of %s was closed while the connection waited in its "
				       "queue.", s->dst);
		finding_fix(s->to, f, "see why the program closed its listening socket");
	} else if (s->a->closed) {
		f = add(s, CAUSE_APP_CLOSES_AT_ONCE, PROOF_FITS, p);
		finding_says(s->to, f, "The process %u (%s) accepts the connection and closes it at once.",
			     p ? p->pid : 0, p ? p->comm : "?");
		finding_fix(s->to, f, "look at its log: an access list, a limit, another protocol");
		add_socket_evidence(s->to, f, s->place, l);
	} else if (aborted) {
		f = add(s, CAUSE_APP_RESETS, PROOF_KERNEL, p);
		finding_says(s->to, f, "The process %u (%s) aborts the connection (closed with linger 0 or "
				       "with unread data).", p ? p->pid : 0, p ? p->comm : "?");
		finding_evidence(s->to, f, "counters", "TcpExt.TCPAbortOnData rose by %" PRIu64
				 ", TCPAbortOnClose by %" PRIu64,
				 place_counter(s->place, "TcpExt.TCPAbortOnData"),
				 place_counter(s->place, "TcpExt.TCPAbortOnClose"));
		finding_fix(s->to, f, "look at its log");
		add_socket_evidence(s->to, f, s->place, l);
	}
}

static void udp_silent(const struct scene *s, const struct place_socket *l)
{
	const struct place_process *p = l ? holder(s, l) : NULL;

	if (!p || !is_stopped(p))
		return;
	struct finding *f = add(s, CAUSE_APP_STOPPED, PROOF_KERNEL, p);
	finding_says(s->to, f, "The process %u (%s) that has udp port %u is stopped.", p->pid, p->comm,
		     s->hop->dst_port);
	add_socket_evidence(s->to, f, s->place, l);
	finding_fix(s->to, f, "kill -CONT %u", p->pid);
}

static void find(const struct case_facts *facts, struct findings *to)
{
	struct scene s = {.facts = facts, .a = case_subject(facts), .to = to};

	if (!s.a || s.a->ok || facts->asked.op == CASE_BIND)
		return;
	s.place = target_place(facts, &s.hop);
	if (!s.place)
		return;
	s.where = place_label(to, facts, s.place);
	addr_format_port(&s.hop->dst, s.hop->dst_port, s.dst);
	const struct place_socket *l = target_listener(facts);
	if (s.a->proto == SOCK_PROTO_UDP) {
		if (is_silent(s.a))
			udp_silent(&s, l);
		return;
	}
	for (size_t i = 0; i < s.place->n_sockets && !s.child; i++)
		if (s.place->sockets[i].is_flow && s.place->sockets[i].remote_port == s.a->local_port &&
		    s.place->sockets[i].state != SOCK_STATE_TIME_WAIT)
			s.child = &s.place->sockets[i];
	if (!s.a->connected && s.a->error != ECONNRESET)
		return;
	if (s.a->timed_out || s.a->error == ETIMEDOUT)
		hangs(&s, l);
	else
		ended(&s, l);
}

const struct rule rule_process = {.name = "process", .find = find};
