/* SPDX-License-Identifier: MIT */
/* The listener's kernel drops what arrives: full queues, MD5, TTL security, filters, timestamps. */
#include "base/auto.h"
#include "core/sock.h"
#include "diagnose/drops.h"
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
	const struct place_socket *listener;
	struct findings *to;
	const char *where;
	char dst[ADDR_TEXT_SIZE + 8];
};

static struct finding *add(const struct scene *s, enum cause cause, enum proof proof)
{
	struct finding *f = finding_add(s->to, cause, proof);

	finding_place(s->to, f, "%s", s->where);
	if (f)
		f->order = s->facts->forward.n;
	add_socket_evidence(s->to, f, s->place, s->listener);
	return f;
}

static void add_counter(const struct scene *s, struct finding *f, const char *name)
{
	finding_evidence(s->to, f, "counters", "%s rose by %" PRIu64, name,
			 place_counter(s->place, name));
}

static void add_setting(const struct scene *s, struct finding *f, const char *name)
{
	const char *value = place_setting(s->place, name);

	if (value)
		finding_evidence(s->to, f, "sysctl", "%s = %s", name, value);
}

static bool accept_queue(const struct scene *s)
{
	const bool full = s->listener->recv_queue > s->listener->send_queue ||
			  (s->listener->recv_queue && s->listener->recv_queue >= s->listener->send_queue);
	const bool aborts = place_setting_number(s->place, "net.ipv4.tcp_abort_on_overflow", 0) > 0;

	if (!place_counter(s->place, "TcpExt.ListenOverflows") &&
	    s->listener->recv_queue <= s->listener->send_queue)
		return false;
	struct finding *f = add(s, CAUSE_ACCEPT_QUEUE_FULL,
				full && place_counter(s->place, "TcpExt.ListenOverflows")
					? PROOF_KERNEL : PROOF_FITS);
	finding_says(s->to, f,
		     "The accept queue of %s is full: %u connections wait, the backlog is %u; the kernel "
		     "there %s new ones.", s->dst, s->listener->recv_queue, s->listener->send_queue,
		     aborts ? "resets" : "drops");
	add_counter(s, f, "TcpExt.ListenOverflows");
	if (aborts)
		add_setting(s, f, "net.ipv4.tcp_abort_on_overflow");
	finding_fix(s->to, f, "see why the program does not accept; raise its listen() backlog and "
			      "net.core.somaxconn");
	return true;
}

static unsigned half_open(const struct scene *s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->place->n_sockets; i++)
		n += s->place->sockets[i].state == SOCK_STATE_SYN_RECV ||
		     s->place->sockets[i].state == SOCK_STATE_NEW_SYN_RECV;
	return n;
}

static void syn_queue(const struct scene *s)
{
	const unsigned n = half_open(s);

	if (!place_counter(s->place, "TcpExt.ListenDrops") ||
	    place_counter(s->place, "TcpExt.ListenOverflows") || n < 2 ||
	    place_setting_number(s->place, "net.ipv4.tcp_syncookies", 1) != 0)
		return;
	struct finding *f = add(s, CAUSE_SYN_QUEUE_FULL, PROOF_KERNEL);
	const long limit = place_setting_number(s->place, "net.ipv4.tcp_max_syn_backlog", 0);
	const long room = limit && limit < (long)s->listener->send_queue
				  ? limit : (long)s->listener->send_queue;
	if (f) /* the kernel keeps a quarter of the room for proven peers */
		f->inferred = (long)n < room - room / 4;
	finding_says(s->to, f, "The SYN queue of %s is full: %u half-open connections, and syncookies "
			       "are off.", s->dst, n);
	add_counter(s, f, "TcpExt.ListenDrops");
	add_setting(s, f, "net.ipv4.tcp_syncookies");
	add_setting(s, f, "net.ipv4.tcp_max_syn_backlog");
	finding_fix(s->to, f, "sysctl net.ipv4.tcp_syncookies=1; raise net.ipv4.tcp_max_syn_backlog");
}

static void md5(const struct scene *s)
{
	static const char *const names[] = {
		"TcpExt.TCPMD5NotFound", "TcpExt.TCPMD5Unexpected", "TcpExt.TCPMD5Failure",
		"TcpExt.TCPAOBad",	 "TcpExt.TCPAOKeyNotFound", "TcpExt.TCPAORequired"};

	for (unsigned i = 0; i < N_ELEMENTS(names); i++) {
		if (!place_counter(s->place, names[i]))
			continue;
		struct finding *f = add(s, CAUSE_MD5_SIGNATURE_MISMATCH, PROOF_KERNEL);
		finding_says(s->to, f, "%s demands TCP MD5 (or AO) signatures from this peer; the packets "
				       "have none or a wrong one.", s->dst);
		add_counter(s, f, names[i]);
		finding_evidence(s->to, f, "option", "TCP_MD5SIG / TCP-AO key on the listener");
		finding_fix(s->to, f, "give both ends the same key (TCP_MD5SIG), or take it away there");
		return;
	}
}

static void min_ttl(const struct scene *s)
{
	if (!place_counter(s->place, "TcpExt.TCPMinTTLDrop"))
		return;
	struct finding *f = add(s, CAUSE_TTL_SECURITY, PROOF_KERNEL);
	finding_says(s->to, f, "%s takes only packets with a TTL of at least %d (IP_MINTTL); ours arrive "
			       "with less.", s->dst, s->listener->min_ttl);
	add_counter(s, f, "TcpExt.TCPMinTTLDrop");
	finding_evidence(s->to, f, "option", "IP_MINTTL = %d on the listener", s->listener->min_ttl);
	finding_fix(s->to, f, "send with TTL 255 from an adjacent host, or lower IP_MINTTL (ttl-security)");
}

static void filter(const struct scene *s)
{
	if (!s->listener->has_filter)
		return;
	struct finding *f = add(s, CAUSE_LISTENER_SOCKET_FILTER, PROOF_FITS);
	finding_says(s->to, f, "A BPF filter is attached to the listening socket of %s; it drops the "
			       "packets.", s->dst);
	finding_evidence(s->to, f, "option", "SO_ATTACH_FILTER: the listener has a socket filter");
	finding_fix(s->to, f, "detach the filter in the program (SO_DETACH_FILTER)");
}

static void time_wait(const struct scene *s)
{
	char local[ADDR_TEXT_SIZE + 8], remote[ADDR_TEXT_SIZE + 8];

	for (size_t i = 0; i < s->place->n_sockets; i++) {
		const struct place_socket *t = &s->place->sockets[i];
		if (t->state != SOCK_STATE_TIME_WAIT || !t->is_flow)
			continue;
		struct finding *f = add(s, CAUSE_TIME_WAIT_REUSE, PROOF_FITS);
		finding_says(s->to, f,
			     "The target still holds a former connection of the same addresses and ports "
			     "in TIME_WAIT and does not take the new SYN.");
		finding_evidence(s->to, f, "sock_diag", "TIME-WAIT %s > %s",
				 addr_format_port(&t->local, t->local_port, local),
				 addr_format_port(&t->remote, t->remote_port, remote));
		finding_fix(s->to, f, "use another source port, or wait until it has gone");
		return;
	}
}

static void udp_buffer(const struct scene *s)
{
	const uint64_t errors = place_counter(s->place, "Udp.RcvbufErrors") +
				place_counter(s->place, "Udp6.RcvbufErrors");

	if (!errors && !(s->listener->has_skmem && s->listener->rmem >= s->listener->rcvbuf))
		return;
	struct finding *f = add(s, CAUSE_UDP_BUFFER_FULL, errors ? PROOF_KERNEL : PROOF_FITS);
	if (f) {
		f->bonus = 5;
		/* the counter is one for all sockets: this one's own buffer must be full */
		f->inferred = !s->listener->has_skmem ||
			      2 * s->listener->rmem < s->listener->rcvbuf;
	}
	finding_says(s->to, f, "The receive buffer of %s is full: the program there does not read.", s->dst);
	finding_evidence(s->to, f, "counters", "Udp.RcvbufErrors rose by %" PRIu64, errors);
	if (s->listener->has_skmem)
		finding_evidence(s->to, f, "skmem", "%u of %u bytes in use, %u drops", s->listener->rmem,
				 s->listener->rcvbuf, s->listener->drops);
	finding_fix(s->to, f, "see why the program does not read; raise SO_RCVBUF");
}

static void timestamps(const struct scene *s)
{
	static const char *const names[] = {"TcpExt.PAWSEstab", "TcpExt.PAWSPassive", "TcpExt.PAWSActive",
					    "TcpExt.PAWSOldAck", "TcpExt.PAWSTimewait",
					    "TcpExt.TSEcrRejected", "TcpExt.BeyondWindow"};

	for (unsigned i = 0; i < 6; i++) {
		if (!place_counter(s->place, names[i]))
			continue;
		const struct kernel_event *drop =
			find_drop(s->facts, s->place->netns, NULL, "TCP_RFC7323_PAWS") ?:
			find_drop(s->facts, s->place->netns, NULL, "TCP_RFC7323_TSECR");
		struct finding *f = add(s, CAUSE_PAWS_DROP, PROOF_KERNEL);
		if (f) /* the counter is one for all connections */
			f->inferred = !drop;
		if (drop)
			drop_evidence(s->to, f, drop);
		finding_says(s->to, f, "The target drops the segments: their TCP timestamps went backwards "
				       "(PAWS).");
		add_counter(s, f, names[i]);
		finding_fix(s->to, f, "find what rewrites TCP timestamps on the path, or switch them off: "
				      "net.ipv4.tcp_timestamps=0");
		return;
	}
}

/* Our own connection stands at the target: it found room, whoever filled the queue since. */
static bool has_arrived(const struct scene *s)
{
	for (size_t i = 0; i < s->place->n_sockets; i++) {
		const struct place_socket *c = &s->place->sockets[i];
		if (c->is_flow && c->remote_port == s->a->local_port &&
		    c->state != SOCK_STATE_SYN_RECV && c->state != SOCK_STATE_NEW_SYN_RECV)
			return true;
	}
	return false;
}

static void find(const struct case_facts *facts, struct findings *to)
{
	struct scene s = {.facts = facts, .a = case_subject(facts), .to = to};

	if (!s.a || s.a->ok || facts->asked.op == CASE_BIND)
		return;
	s.place = target_place(facts, &s.hop);
	s.listener = s.place ? target_listener(facts) : NULL;
	if (!s.listener)
		return;
	s.where = place_label(to, facts, s.place);
	addr_format_port(&s.hop->dst, s.hop->dst_port, s.dst);
	if (s.a->proto == SOCK_PROTO_UDP) {
		if (is_silent(s.a)) {
			udp_buffer(&s);
			filter(&s);
		}
		return;
	}
	const bool reset = s.a->error == ECONNRESET;
	if (is_silent(s.a)) {
		if (!accept_queue(&s))
			syn_queue(&s);
		md5(&s);
		min_ttl(&s);
		filter(&s);
		time_wait(&s);
		timestamps(&s);
	} else if (is_after_connect(s.a) || reset) {
		/* An end in good order, or room by now, is nothing that a full queue makes. */
		if (!s.a->closed && s.listener->recv_queue >= s.listener->send_queue &&
		    !has_arrived(&s))
			accept_queue(&s);
		timestamps(&s);
	}
}

const struct rule rule_queues = {.name = "queues", .find = find};
