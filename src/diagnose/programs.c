/* SPDX-License-Identifier: MIT */
/* BPF programs, IPsec policies and connection tracking's own limit, where they stop the packet. */
#include "core/sock.h"
#include "diagnose/drops.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <string.h>

struct program_case {
	const struct case_facts *facts;
	const struct attempt *a;
	const struct place *place;
	const char *label;
	unsigned n_on_way; /* hops before it */
};

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static void name_program(const struct bpf_attachment *p, struct finding *f, struct findings *to)
{
	finding_evidence(to, f, "bpf", "program %s (id %u) is attached as %s at %s", p->name, p->id,
			 p->where, p->target);
}

static bool is_hook_family(const struct bpf_attachment *p, const struct attempt *a)
{
	return p->where[strlen(p->where) - 1] == (a->remote.family == ADDR_IPV6 ? '6' : '4');
}

/* connect4 of an IPv4 connect, sock_create of a socket() ... : the hook that made this errno. */
static bool is_hook_of(const struct bpf_attachment *p, const struct case_facts *facts,
		       const struct attempt *a)
{
	const bool v6 = a->remote.family == ADDR_IPV6 || facts->asked.addr.family == ADDR_IPV6;

	if (!strcmp(p->where, "cgroup/sock_create"))
		return a->phase == PHASE_SOCKET;
	if (begins(p->where, "cgroup/bind") || begins(p->where, "cgroup/post_bind"))
		return (a->phase == PHASE_BIND) &&
		       p->where[strlen(p->where) - 1] == (v6 ? '6' : '4');
	if (begins(p->where, "cgroup/connect"))
		return a->phase == PHASE_CONNECT && p->where[strlen(p->where) - 1] == (v6 ? '6' : '4');
	if (begins(p->where, "cgroup/sendmsg"))
		return a->phase == PHASE_SEND && p->where[strlen(p->where) - 1] == (v6 ? '6' : '4');
	return false;
}

static void cgroup_denies(const struct program_case *c, const struct bpf_attachment *p,
			  struct findings *to)
{
	static const char *const phases[] = {"", "", "socket()", "bind()", "listen()", "connect()",
					     "send()", "recv()"};
	if (c->a->error != EPERM || !c->place->is_self || !is_hook_of(p, c->facts, c->a))
		return;
	struct finding *f = finding_add(to, CAUSE_CGROUP_BPF_DENIED, PROOF_FITS);
	finding_place(to, f, "cgroup %s", p->target);
	finding_says(to, f, "BPF program %s of cgroup %s denies %s.", p->name, p->target,
		     phases[c->a->phase < 8 ? c->a->phase : 0]);
	name_program(p, f, to);
	finding_evidence(to, f, "errno", "EPERM at once, without a packet");
	finding_fix(to, f, "see who attached it: bpftool cgroup show %s", p->target);
}

/* By its port or, where that was not known, by the time. */
static bool is_of_attempt(const struct attempt *a, const struct kernel_event *e)
{
	const uint64_t slack = 50 * 1000 * 1000;

	if (a->local_port)
		return e->src_port == a->local_port;
	return a->started_ns && e->seen_ns >= a->started_ns &&
	       e->seen_ns <= a->started_ns + (uint64_t)(a->seconds * 1e9) + slack;
}

/* A packet of our socket with another destination than the one that was asked for. */
static const struct kernel_event *packet_elsewhere(const struct program_case *c)
{
	for (size_t i = 0; i < c->facts->n_events; i++) {
		const struct kernel_event *e = &c->facts->events[i];
		if (e->netns != c->place->netns || !e->dst.family || !is_of_attempt(c->a, e) ||
		    (e->kind != KERNEL_EVENT_RESET_RECEIVED && e->kind != KERNEL_EVENT_RETRANSMIT &&
		     e->kind != KERNEL_EVENT_SOCKET_ERROR))
			continue;
		if (!same_host(&e->dst, &c->a->remote) || e->dst_port != c->a->remote_port)
			return e;
	}
	return NULL;
}

/* The socket's real destination is another than the one that was asked for. */
static void cgroup_rewrites(const struct program_case *c, const struct bpf_attachment *p,
			    struct findings *to)
{
	char real[ADDR_TEXT_SIZE + 8], asked[ADDR_TEXT_SIZE + 8];

	/* A call that was denied sent nothing anywhere. */
	if (!begins(p->where, "cgroup/connect") || !is_hook_family(p, c->a) ||
	    c->a->error == EPERM || c->a->error == EACCES)
		return;
	const struct kernel_event *e = packet_elsewhere(c);
	if (!e)
		return;
	struct finding *f = finding_add(to, CAUSE_CGROUP_BPF_REWRITE,
					c->a->local_port ? PROOF_KERNEL : PROOF_FITS);
	addr_format_port(&e->dst, e->dst_port, real);
	remote_text(c->a, asked);
	if (f)
		f->bonus = 60;
	finding_place(to, f, "cgroup %s", p->target);
	finding_says(to, f, "BPF program %s of cgroup %s sends the connection to %s instead of %s.",
		     p->name, p->target, real, asked);
	name_program(p, f, to);
	finding_evidence(to, f, "tracepoint", "the socket's packets go to %s", real);
	finding_fix(to, f, "correct the service table of the program that attached it");
}

/* Another program of the same hook: which of them dropped the packet is not told. */
static bool has_rival(const struct program_case *c, const struct bpf_attachment *p)
{
	for (size_t i = 0; i < c->place->n_programs; i++) {
		const struct bpf_attachment *other = &c->place->programs[i];
		if (other != p && (other->id != p->id || p->filter) &&
		    (!other->filter || other->takes) && !strcmp(other->where, p->where))
			return true;
	}
	return false;
}

static void tc_filter(const struct program_case *c, const struct bpf_attachment *p,
		      struct findings *to)
{
	const bool in = begins(p->filter, "ingress");
	const struct kernel_event *drop = find_drop(c->facts, c->place->netns, NULL,
						    in ? "TC_INGRESS" : "TC_EGRESS");

	/* What matches is not read, so a filter that only could is no finding where a drop is seen. */
	if (!p->takes || !(is_silent(c->a) || (c->a->connected && c->a->timed_out)))
		return;
	struct finding *f = finding_add(to, CAUSE_TC_FILTER_DROP, drop ? PROOF_KERNEL : PROOF_GUESS);
	if (f) {
		f->order = c->n_on_way;
		f->inferred = has_rival(c, p);
	}
	finding_place(to, f, "%s", c->label);
	finding_says(to, f, "The %s traffic control filter of %s (%s) in %s takes the packets.", p->name,
		     p->target, p->filter, c->label);
	finding_evidence(to, f, "tc", "%s filter at %s, %s, with an action that drops or redirects",
			 p->name, p->target, p->filter);
	if (drop)
		drop_evidence(to, f, drop);
	finding_fix(to, f, "tc -s filter show dev %s %s; tc filter del dev %s %s", p->target,
		    in ? "ingress" : "egress", p->target, p->filter);
}

static void packet_programs(const struct program_case *c, const struct bpf_attachment *p,
			    struct findings *to)
{
	const char *reason = NULL, *location = NULL;
	const bool own_first = c->place->is_self;

	if (p->filter) {
		tc_filter(c, p, to);
		return;
	}
	if (begins(p->where, "cgroup/egress"))
		reason = "BPF_CGROUP_EGRESS";
	else if (begins(p->where, "cgroup/ingress"))
		reason = "SOCKET_FILTER";
	else if (!strcmp(p->where, "tcx/ingress") || !strcmp(p->where, "tc/ingress"))
		reason = "TC_INGRESS";
	else if (!strcmp(p->where, "tcx/egress") || !strcmp(p->where, "tc/egress"))
		reason = "TC_EGRESS";
	else if (!strcmp(p->where, "xdp"))
		location = "veth_xdp_rcv"; /* a driver's own function: other drivers have others */
	else if (begins(p->where, "netfilter/"))
		location = "nf_hook_slow";
	else
		return;
	if (!is_silent(c->a) && !(c->a->connected && c->a->timed_out) &&
	    !(own_first && c->a->error == EPERM))
		return;
	const struct kernel_event *drop = find_drop(c->facts, c->place->netns, location, reason);
	if (c->facts->events_watched && !drop && strcmp(p->where, "xdp") != 0)
		return; /* it would have been seen */
	struct finding *f = finding_add(to, CAUSE_BPF_DROP, drop ? PROOF_KERNEL : PROOF_FITS);
	if (f) {
		f->order = c->n_on_way;
		f->inferred = has_rival(c, p) || begins(p->where, "netfilter/");
	}
	finding_place(to, f, "%s", c->label);
	finding_says(to, f, "BPF program %s at %s (%s) in %s drops the packets.", p->name, p->target,
		     p->where, c->label);
	name_program(p, f, to);
	if (drop)
		drop_evidence(to, f, drop);
	finding_fix(to, f, "see who attached it: bpftool net, bpftool cgroup tree, bpftool link");
}

static void socket_lookup(const struct program_case *c, const struct bpf_attachment *p,
			  struct findings *to)
{
	const struct path_hop *target = path_target(&c->facts->forward);
	const struct place_socket *listener = NULL;

	if (strcmp(p->where, "sk_lookup") != 0 || !target ||
	    &c->facts->places[target->place] != c->place)
		return;
	const uint16_t port = target->sent_dst_port ? target->sent_dst_port : target->dst_port;
	for (size_t i = 0; i < c->place->n_sockets; i++) {
		const struct place_socket *s = &c->place->sockets[i];
		if (s->netns == c->place->netns && s->local_port == port && !s->device &&
		    (s->state == SOCK_STATE_LISTEN || s->proto == SOCK_PROTO_UDP) &&
		    (addr_is_any(&s->local) || same_host(&s->local, &target->dst)))
			listener = s;
	}
	const bool refused = c->a->error == ECONNREFUSED && !c->a->connected;
	if (!(refused && listener) && !(c->a->connected && !c->a->ok))
		return;
	/* The namespace's own stack refused, although a socket listens: not a firewall in its name. */
	const bool shown = find_event(c->facts, c->place->netns, KERNEL_EVENT_RESET_SENT);
	if (refused && c->facts->events_watched && !shown)
		return;
	struct finding *f = finding_add(to, CAUSE_SK_LOOKUP_PROGRAM,
					refused && shown ? PROOF_KERNEL : PROOF_FITS);
	if (f)
		f->bonus = 40;
	finding_place(to, f, "%s", c->label);
	finding_says(to, f, "BPF program %s decides which socket of %s gets packets, and %s.", p->name,
		     c->label, refused ? "gives these to none although a program listens"
				       : "may give these to another one");
	name_program(p, f, to);
	if (listener && listener->n_pids)
		finding_evidence(to, f, "sock_diag", "pid %u listens on port %u", listener->pids[0], port);
	finding_fix(to, f, "bpftool link show type sk_lookup (and who holds it)");
}

static void ipsec(const struct program_case *c, struct findings *to)
{
	for (size_t i = 0; i < c->place->n_xfrm; i++) {
		const struct xfrm_policy_facts *x = &c->place->xfrm[i];
		const bool out = x->direction == 1; /* XFRM_POLICY_OUT */
		const bool unprotected = x->has_template && !x->has_state && !x->is_optional;
		if (!x->blocks && !unprotected)
			continue;
		const bool local_error = c->place->is_self && out && !x->for_reply &&
					 (c->a->error == EPERM || c->a->error == EAGAIN);
		if (!is_silent(c->a) && !local_error && c->a->error != EHOSTUNREACH)
			continue;
		const struct kernel_event *drop = find_drop(c->facts, c->place->netns, NULL, "XFRM_POLICY");
		const bool counted = place_counter(c->place, "Xfrm.XfrmInNoPols") ||
				     place_counter(c->place, "Xfrm.XfrmInTmplMismatch") ||
				     place_counter(c->place, "Xfrm.XfrmInPolBlock") ||
				     place_counter(c->place, "Xfrm.XfrmOutPolBlock") ||
				     place_counter(c->place, "Xfrm.XfrmOutNoStates") ||
				     place_counter(c->place, "Xfrm.XfrmFwdHdrError");
		struct finding *f = finding_add(to, CAUSE_IPSEC_POLICY,
						drop || counted ? PROOF_KERNEL : PROOF_FITS);
		if (f)
			f->order = c->n_on_way;
		finding_place(to, f, "%s", c->label);
		finding_says(to, f, "An IPsec policy in %s %s: %s.", c->label,
			     x->blocks ? "blocks the flow"
				       : "demands a protection that does not exist", x->text);
		finding_evidence(to, f, "xfrm", "policy %s, index %u", x->text, x->index);
		if (counted)
			finding_evidence(to, f, "counters", "the namespace's XFRM error counters rose");
		if (drop)
			drop_evidence(to, f, drop);
		finding_fix(to, f, "ip xfrm policy: change it, or set up the IPsec connection");
		return;
	}
}

static void table_full(const struct program_case *c, struct findings *to)
{
	const struct conntrack_facts *ct = &c->place->conntrack;
	const uint64_t dropped = place_counter(c->place, "conntrack.drop") +
				 place_counter(c->place, "conntrack.early_drop");
	const struct kernel_event *drop = find_drop(c->facts, c->place->netns, "nf_hook_slow", NULL);

	if (!is_silent(c->a) && c->a->error != EPERM)
		return;
	/* The limit is one for all namespaces, the count is each one's own. */
	if (!ct->max || ct->count + ct->max / 50 < ct->max)
		return;
	struct finding *f = finding_add(to, CAUSE_CONNTRACK_TABLE_FULL,
					dropped || drop ? PROOF_KERNEL : PROOF_FITS);
	if (f)
		f->order = c->n_on_way;
	finding_place(to, f, "%s", c->label);
	finding_says(to, f, "The connection tracking table of %s is full: new connections are dropped.",
		     c->label);
	finding_evidence(to, f, "conntrack", "nf_conntrack_count = %llu of nf_conntrack_max = %llu",
			 (unsigned long long)ct->count, (unsigned long long)ct->max);
	if (dropped)
		finding_evidence(to, f, "counters", "conntrack drop rose by %llu",
				 (unsigned long long)dropped);
	if (drop)
		drop_evidence(to, f, drop);
	finding_fix(to, f, "sysctl net.netfilter.nf_conntrack_max=... larger, or find who fills it");
}

static void find(const struct case_facts *facts, struct findings *to)
{
	struct program_case c = {.facts = facts, .a = case_subject(facts)};

	if (!c.a || c.a->ok)
		return;
	for (size_t i = 0; i < facts->n_places; i++) {
		c.place = &facts->places[i];
		c.label = place_label(to, facts, c.place);
		c.n_on_way = (unsigned)i;
		for (size_t k = 0; k < c.place->n_programs; k++) {
			const struct bpf_attachment *p = &c.place->programs[k];
			cgroup_denies(&c, p, to);
			cgroup_rewrites(&c, p, to);
			if (facts->asked.op == CASE_CONNECT) {
				packet_programs(&c, p, to);
				socket_lookup(&c, p, to);
			}
		}
		if (facts->asked.op == CASE_CONNECT) {
			ipsec(&c, to);
			table_full(&c, to);
		}
	}
}

const struct rule rule_programs = {.name = "programs", .find = find};
