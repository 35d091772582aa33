/* SPDX-License-Identifier: MIT */
/* berth why inbound: what becomes of packets that arrive for a port of this host, now. */
#include "base/auto.h"
#include "base/numbers.h"
#include "base/strbuf.h"
#include "commands/command.h"
#include "commands/inbound.h"
#include "commands/progress.h"
#include "commands/why.h"
#include "core/case.h"
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/target.h"
#include "probe/asking.h"
#include "probe/inbound.h"
#include "render/why_words.h"
#include "sources/evidence.h"
#include "sources/netns.h"
#include "sources/port_holders.h"
#include "sources/world.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const uint64_t STEP_NS = 100000000;

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* By inode: whoever keeps it is found as for any other question. */
static int enter_inode(uint64_t inode)
{
	struct world world;
	int error = world_open(&world, true);
	const struct world_netns *netns = error ? NULL : world_find(&world, inode);

	if (!error && !netns)
		error = -ENOENT;
	if (!error && !netns->is_self) {
		AUTO(closep) int fd = netns_open(netns->namespace);
		error = fd < 0 ? fd : setns(fd, CLONE_NEWNET) ? -errno : 0;
	}
	world_close(&world);
	return error;
}

/* A namespace by its name, a process in it, its inode or a path. */
static int enter_netns(const char *name)
{
	char path[512];
	uint64_t number = 0;

	if (strchr(name, '/'))
		snprintf(path, sizeof(path), "%s", name);
	else if (parse_u64(name, UINT64_MAX, &number))
		snprintf(path, sizeof(path), "/proc/%s/ns/net", name);
	else
		snprintf(path, sizeof(path), "/run/netns/%s", name);
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && number)
		return enter_inode(number);
	return fd < 0 || setns(fd, CLONE_NEWNET) ? -errno : 0;
}

/* How the sender sees the fate of its packets: what the rules reason about. */
static bool make_attempt(struct case_facts *facts, const struct arrival *arrival)
{
	facts->n_attempts = 0;
	struct attempt *a = case_add_attempt(facts);

	if (!a)
		return false;
	const bool tcp = arrival->ip_proto == IPPROTO_TCP;
	const enum arrival_fate fate = arrival_fate(arrival);
	*a = (struct attempt){
		.remote = arrival->dst, .remote_port = arrival->dst_port, .local = arrival->src,
		.local_port = arrival->src_port, .proto = facts->asked.proto,
		.phase = tcp ? PHASE_CONNECT : PHASE_RECV, .ok = fate == ARRIVAL_ACCEPTED};
	if (fate == ARRIVAL_RESET) {
		a->error = ECONNREFUSED;
	} else if (fate == ARRIVAL_REJECTED) {
		a->error = arrival->icmp_code == (arrival->icmp_type == 3 ? 3 : 4) ? ECONNREFUSED
										    : EHOSTUNREACH;
		a->icmps[a->n_icmps++] = (struct icmp_seen){
			.from = arrival->icmp_from, .family = arrival->icmp_from.family,
			.type = arrival->icmp_type, .code = arrival->icmp_code, .error = a->error};
	} else if (!a->ok) {
		a->timed_out = true;
	}
	facts->asked.addr = arrival->dst;
	return true;
}

/* The process that has the connection, else the one that listens. */
static const struct place_process *holder_of(const struct case_facts *facts,
					     const struct arrival *arrival, bool *ret_waits)
{
	const struct path_hop *hop;
	const struct place *place = target_place(facts, &hop);
	const struct place_socket *listener = target_listener(facts), *child = NULL;

	for (size_t i = 0; place && i < place->n_sockets; i++) {
		const struct place_socket *s = &place->sockets[i];
		const struct addr remote = addr_unmapped(&s->remote);
		if (s->remote_port == arrival->src_port && addr_equal(&remote, &hop->src) &&
		    s->state != SOCK_STATE_TIME_WAIT)
			child = s;
	}
	/* The client may have closed by now; a socket has a file from accept() on. */
	*ret_waits = child && !child->n_pids && !child->inode &&
		     (child->state == SOCK_STATE_ESTABLISHED ||
		      child->state == SOCK_STATE_CLOSE_WAIT);
	if (child && child->n_pids)
		return place_process(place, child->pids[0]);
	return listener && listener->n_pids ? place_process(place, listener->pids[0]) : NULL;
}

static const char *name_process(struct case_facts *facts, const struct place_process *p)
{
	return p ? arena_printf(&facts->arena, "pid %u (%s)", p->pid, p->comm ? p->comm : "?")
		 : "a program that could not be seen";
}

static void say_accepted(struct case_facts *facts, struct inbound_group *g)
{
	bool waits;
	const struct place_process *p = holder_of(facts, g->first, &waits);
	const char *who = name_process(facts, p);
	const bool tcp = g->first->ip_proto == IPPROTO_TCP;

	if (waits)
		g->says = arena_printf(&facts->arena, "The handshake completes, but %s has not accepted the "
				       "connection: it waits in the accept queue.", who);
	else
		g->says = arena_printf(&facts->arena, tcp ? "%u accepted by %s." : "%u answered by %s.",
				       g->flows, who);
}

static const struct kernel_event *drop_of(const struct case_facts *facts)
{
	for (size_t i = 0; i < facts->n_events; i++)
		if (facts->events[i].kind == KERNEL_EVENT_DROP &&
		    facts->events[i].direction == EVENT_FORWARD)
			return &facts->events[i];
	return NULL;
}

/* No rule of diagnose/ knows why: what was seen. */
static void say_seen(struct case_facts *facts, struct inbound_group *g)
{
	const struct kernel_event *drop = drop_of(facts);
	bool waits;
	const struct place_process *p = holder_of(facts, g->first, &waits);

	switch (g->fate) {
	case ARRIVAL_HALF_OPEN:
		g->says = "The SYN was answered and nothing came back: the answer is lost behind this host, "
			  "or the sender's address is forged.";
		return;
	case ARRIVAL_RESET:
		g->says = "Answered with a reset, and nothing found tells by what.";
		return;
	case ARRIVAL_REJECTED:
		g->says = arena_printf(&facts->arena, "Answered with ICMP type %u code %u.",
				       g->first->icmp_type, g->first->icmp_code);
		return;
	case ARRIVAL_ACCEPTED:
	case ARRIVAL_SILENT:
		break;
	}
	if (drop)
		g->says = arena_printf(&facts->arena, "This kernel drops them: %s at %s.",
				       drop->reason ? drop->reason : "no reason given",
				       drop->location ? drop->location : "an unnamed place");
	else if (g->first->ip_proto == IPPROTO_UDP && target_listener(facts)) {
		g->delivered = true;
		g->says = arena_printf(&facts->arena, "Delivered to %s, which sends no answer.",
				       name_process(facts, p));
	} else
		g->says = "They get no answer, and nothing found tells why.";
}

static void explain(struct case_facts *facts, struct evidence *evidence, struct inbound_group *g)
{
	if (!make_attempt(facts, g->first))
		return;
	evidence_of_arrival(evidence, facts, g->first);
	if (g->fate == ARRIVAL_ACCEPTED) {
		say_accepted(facts, g);
		return;
	}
	diagnose(facts, &g->findings);
	const struct finding *best = answer_of(facts, &g->findings);
	/* An answer that was sent is lost elsewhere: only a place where this was seen counts. */
	const bool is_shown = best && (g->fate != ARRIVAL_HALF_OPEN || best->proof == PROOF_KERNEL);
	if (is_shown && !cause_rows[best->cause].is_symptom) {
		g->finding = best;
		g->says = best->says;
		return;
	}
	say_seen(facts, g);
}

/* Flows of one sender that ended alike are one; all that were accepted too. */
static void group_flows(struct inbound_report *r)
{
	for (unsigned i = 0; i < r->inbound->n; i++) {
		const struct arrival *a = &r->inbound->flows[i];
		const enum arrival_fate fate = arrival_fate(a);
		struct inbound_group *g = NULL;
		for (unsigned k = 0; k < r->n_groups && !g; k++) {
			const struct arrival *first = r->groups[k].first;
			if (r->groups[k].fate == fate &&
			    (fate == ARRIVAL_ACCEPTED || (addr_equal(&first->src, &a->src) &&
							  addr_equal(&first->dst, &a->dst) &&
							  first->link == a->link)))
				g = &r->groups[k];
		}
		if (!g && r->n_groups == N_INBOUND_GROUPS)
			g = &r->groups[N_INBOUND_GROUPS - 1]; /* the last stands for the rest */
		if (!g) {
			g = &r->groups[r->n_groups++];
			*g = (struct inbound_group){.fate = fate, .first = a};
			findings_init(&g->findings);
		}
		g->flows++;
		g->packets += a->packets;
		r->n_flows++;
	}
}

static const struct place_socket *any_listener(const struct case_facts *facts)
{
	const struct place *own = &facts->places[0];

	for (size_t i = 0; i < own->n_sockets; i++)
		if (is_open_socket(&own->sockets[i]) && own->sockets[i].proto == facts->asked.proto &&
		    own->sockets[i].local_port == facts->asked.port)
			return &own->sockets[i];
	return NULL;
}

static const char *say_all(struct case_facts *facts, const struct inbound_report *r)
{
	const char *proto = sock_proto_name((enum sock_proto)facts->asked.proto);
	const struct place_socket *l = any_listener(facts);
	AUTO(strbuf_release) struct strbuf sb = STRBUF_INIT;

	if (!r->inbound) {
		strbuf_printf(&sb, "Packets cannot be watched here without CAP_NET_RAW; %s %s port %u.",
			      l ? "a program has" : "nothing listens on", proto, facts->asked.port);
		if (l && l->proto == SOCK_PROTO_TCP && l->recv_queue > l->send_queue)
			strbuf_printf(&sb, " Its accept queue is full (%u wait, the backlog is %u): new "
				      "connections are dropped.", l->recv_queue, l->send_queue);
	} else if (!r->n_groups) {
		strbuf_printf(&sb, "Nothing arrived for %s port %u in %.0f s: nobody tried, or it is stopped "
			      "before this host.%s", proto, facts->asked.port, r->seconds,
			      l ? "" : " Nothing listens on it here.");
	} else if (r->n_groups == 1) {
		strbuf_add_text(&sb, r->groups[0].says);
	} else {
		strbuf_printf(&sb, "%u flows arrived for %s port %u in %.0f s:", r->n_flows, proto,
			      facts->asked.port, r->seconds);
		for (unsigned i = 0; i < r->n_groups; i++)
			strbuf_printf(&sb, "%s %u %s", i ? "," : "", r->groups[i].flows,
				      inbound_fate_word(&r->groups[i]));
		strbuf_add_char(&sb, '.');
	}
	return arena_dup(&facts->arena, sb.text, sb.len);
}

static void watch(const struct invocation *inv, struct inbound *in, double *seconds)
{
	const struct sigaction ours = {.sa_handler = on_interrupt};
	const uint64_t start = monotonic_ns(), end = start + (uint64_t)(*seconds * 1e9);
	struct sigaction before;
	struct progress progress;

	sigaction(SIGINT, &ours, &before);
	progress_start(&progress, inv);
	for (uint64_t now; (now = monotonic_ns()) < end && !interrupted;) {
		progress_say(&progress, "watching port %u, %.0f s left: %u packets of %u flows", in->port,
			     (double)(end - now) / 1e9, in->packets, in->n);
		inbound_watch(in, now + STEP_NS < end ? now + STEP_NS : end);
	}
	progress_end(&progress);
	sigaction(SIGINT, &before, NULL);
	*seconds = (double)(monotonic_ns() - start) / 1e9;
	interrupted = 0;
}

static void wait_only(const struct invocation *inv, uint16_t port, double *seconds)
{
	struct inbound none = {.fd = -1, .port = port};

	watch(inv, &none, seconds);
}

static int read_question(const struct invocation *inv, struct case_facts *facts, char **words, int n)
{
	const char *netns = option_value(inv, "netns");
	uint64_t port;

	facts->asked.op = CASE_CONNECT; /* somebody else's */
	facts->asked.uid = -1;
	facts->asked.proto = n == 2 && !strcmp(words[0], "udp") ? SOCK_PROTO_UDP : SOCK_PROTO_TCP;
	if (n < 1 || n > 2 || (n == 2 && strcmp(words[0], "tcp") != 0 && strcmp(words[0], "udp") != 0) ||
	    !parse_u64(words[n - 1], 65535, &port) || !port)
		return usage_error(inv, "say 'inbound [tcp|udp] PORT'");
	facts->asked.port = (uint16_t)port;
	facts->asked.target = words[n - 1];
	if (!netns || !strcmp(netns, "self") || !strcmp(netns, "all"))
		return 0;
	int error = enter_netns(netns);
	return error ? usage_error(inv, "--netns: namespace '%s': %s", netns, strerror(-error)) : 0;
}

static int exit_code(const struct inbound_report *r)
{
	if (!r->inbound)
		return EXIT_UNKNOWN;
	for (unsigned i = 0; i < r->n_groups; i++)
		if (r->groups[i].fate != ARRIVAL_ACCEPTED && !r->groups[i].delivered)
			return EXIT_NO;
	return r->n_groups ? EXIT_YES : EXIT_NO;
}

int why_inbound(const struct invocation *inv, struct case_facts *facts, char **words, int n)
{
	AUTO(evidence_freep) struct evidence *evidence = NULL;
	AUTO(freep) struct inbound *in = malloc(sizeof(*in));
	struct inbound_report report = {.facts = facts, .seconds = why_timeout(inv)};
	int code = read_question(inv, facts, words, n);

	if (code)
		return code;
	if (!in || evidence_start(facts, &evidence))
		return failure(inv, "out of memory");
	if (inbound_open(in, facts->asked.proto, facts->asked.port)) {
		case_add_unseen(facts, "the packets themselves", "root or CAP_NET_RAW");
		wait_only(inv, facts->asked.port, &report.seconds);
	} else {
		report.inbound = in;
		watch(inv, in, &report.seconds);
		inbound_close(in);
		group_flows(&report);
	}
	for (unsigned i = 0; i < report.n_groups; i++)
		explain(facts, evidence, &report.groups[i]);
	if (!report.n_groups) {
		evidence_of_nothing(evidence, facts);
		facts->asked.op = CASE_BIND; /* all holders of the port, not of a peer's address */
		port_holders_collect(facts);
	}
	report.says = say_all(facts, &report);
	code = inbound_print(inv, &report, exit_code(&report));
	for (unsigned i = 0; i < report.n_groups; i++)
		findings_release(&report.groups[i].findings);
	return code;
}
