/* SPDX-License-Identifier: MIT */
/* When to look at a place again: when the kernel says so where rights allow, else by the clock. */
#include "commands/wait.h"
#include "commands/command.h"
#include "base/auto.h"
#include "base/duration.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/binds.h"
#include "sources/closings.h"
#include "sources/listens.h"
#include "sources/sources.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

enum {
	BY_HAND_MS = 30000, /* legacy iptables and the like change without an event */
};

/* The event comes a little before the table has the listener: net/ipv4/inet_connection_sock.c. */
static const unsigned settle_ms[] = {2, 10, 50};

/* An fd that tells of changes to nftables rules. Needs CAP_NET_ADMIN. */
static int open_rules(void)
{
	const struct sockaddr_nl self = {.nl_family = AF_NETLINK};
	const int group = NFNLGRP_NFTABLES;
	AUTO(closep) int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
				     NETLINK_NETFILTER);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&self, sizeof(self)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		return -1;
	return take_fd(&fd);
}

static bool forwards_port(const struct snapshot *snap, const struct wait_target *target)
{
	const uint8_t proto = target->kind == WAIT_UDP ? SOCK_PROTO_UDP : SOCK_PROTO_TCP;

	for (size_t i = 0; i < snap->n_forwards && target->kind != WAIT_UNIX; i++)
		if (forward_takes(&snap->forwards[i], proto, target->endpoint.port))
			return true;
	return false;
}

/* Ports that rules send elsewhere: no event of this namespace's sockets tells of those. */
static void find_forwarded(struct waiting *waiting)
{
	const struct request request = {.facts = FACT_NAT, .netns_choice = NETNS_SELF};
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	int err = sources_collect(&request, &snap);

	for (size_t i = 0; i < waiting->n_targets; i++) {
		struct wait_target *target = &waiting->targets[i];
		target->forwarded = err || forwards_port(snap, target);
	}
}

static bool has_kind(const struct waiting *waiting, enum wait_kind kind)
{
	for (size_t i = 0; i < waiting->n_targets; i++)
		if (waiting->targets[i].kind == kind)
			return true;
	return false;
}

void wait_watch_open(struct waiting *waiting)
{
	const bool tcp = has_kind(waiting, WAIT_TCP), udp = has_kind(waiting, WAIT_UDP);

	waiting->no_events = tcp ? listens_open(&waiting->listens) : 0;
	if ((waiting->no_events || udp) && waiting->gone)
		waiting->closings = closings_open(udp);
	if (!waiting->gone && (udp || has_kind(waiting, WAIT_UNIX)))
		binds_open(&waiting->binds); /* without it: by the clock */
	if (!waiting->listens && waiting->closings < 0 && !waiting->binds)
		return;
	for (size_t i = 0; waiting->listens && i < waiting->n_targets; i++)
		listens_add_port(waiting->listens, waiting->targets[i].endpoint.port);
	waiting->rules = open_rules();
	find_forwarded(waiting);
}

void wait_watch_close(struct waiting *waiting)
{
	listens_close(waiting->listens);
	waiting->listens = NULL;
	binds_close(waiting->binds);
	waiting->binds = NULL;
	closep(&waiting->closings);
	closep(&waiting->rules);
	waiting->closings = waiting->rules = -1;
}

static bool can_watch(const struct waiting *waiting, const struct wait_target *target)
{
	if (!target->local || target->forwarded)
		return false;
	if (target->kind == WAIT_UDP)
		return waiting->gone ? waiting->closings >= 0 && target->answers : waiting->binds != NULL;
	/* bind() is told, but neither listen() nor close() of a UNIX socket is */
	if (target->kind == WAIT_UNIX)
		return waiting->binds && target->silent;
	/* a closing tells of the end of listening only */
	if (!waiting->listens && (waiting->closings < 0 || !target->answers))
		return false;
	/* a listener that does not answer as wished tells nothing when it begins to */
	return target->silent || (waiting->gone && target->answers);
}

static void tell(const struct waiting *waiting, struct wait_target *target)
{
	AUTO(strbuf_release) struct strbuf safe = STRBUF_INIT;
	char interval[DURATION_TEXT_SIZE];

	if (!waiting->verbose || target->told)
		return;
	target->told = true;
	escape_add(&safe, target->text, strlen(target->text));
	fprintf(stderr, "%s: ", safe.text);
	if (target->by_events) {
		fprintf(stderr, "watched by kernel events (%s)\n",
			target->kind != WAIT_TCP && !waiting->gone ? "tracepoint sys_exit_bind"
			: target->kind == WAIT_TCP && waiting->listens ? "BPF at inet_sock_set_state"
								       : "ends of sockets by sock_diag");
		return;
	}
	fprintf(stderr, "looked at every %s: ", format_duration_ms(waiting->interval_ms, interval));
	if (!target->local)
		fputs("it is not of this host\n", stderr);
	else if (target->forwarded)
		fputs("a rule sends that port elsewhere\n", stderr);
	else if (target->kind == WAIT_UNIX && (waiting->gone || waiting->binds))
		fputs("no event tells of listen() or close() of a UNIX socket\n", stderr);
	else if (target->kind != WAIT_TCP)
		fprintf(stderr, "no kernel events (need %s)\n",
			waiting->gone ? "CAP_NET_ADMIN" : "root, and tracefs");
	else if (!waiting->listens && waiting->closings < 0)
		fprintf(stderr, "no kernel events (%s)\n",
			waiting->no_events == -EPERM ? "need CAP_BPF and CAP_PERFMON"
						     : strerror(-waiting->no_events));
	else
		fputs("no event tells when it answers as wished\n", stderr);
}

void wait_watch_plan(struct waiting *waiting, struct wait_target *target)
{
	const bool as_wished = target->answers != waiting->gone;
	const int64_t now = wait_now_ms();

	target->by_hand = false;
	target->by_events = can_watch(waiting, target);
	if (!as_wished)
		tell(waiting, target);
	/* listen() mostly follows a bind() that was told */
	const bool settles = target->by_events || (target->kind == WAIT_UNIX && waiting->binds);
	if (settles && target->n_settle < N_ELEMENTS(settle_ms)) {
		target->due_ms = now + settle_ms[target->n_settle++];
	} else if (!target->by_events) {
		target->due_ms = now + (int64_t)waiting->interval_ms;
	} else {
		target->by_hand = true;
		target->due_ms = now + BY_HAND_MS;
	}
}

static void make_due(struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->n_targets; i++) {
		struct wait_target *target = &waiting->targets[i];
		if (!target->by_events && target->kind != WAIT_UNIX)
			continue;
		target->due_ms = 0;
		target->n_settle = 0;
		target->by_hand = false;
	}
}

static bool closing_of_ours(const struct waiting *waiting)
{
	uint16_t ports[WAIT_TARGETS_MAX];

	for (size_t i = 0; i < waiting->n_targets; i++)
		ports[i] = waiting->targets[i].endpoint.port;
	return closings_include(waiting->closings, ports, waiting->n_targets);
}

static void rules_changed(struct waiting *waiting)
{
	char buffer[8192];

	while (recv(waiting->rules, buffer, sizeof(buffer), 0) > 0 || errno == ENOBUFS)
		errno = 0;
	find_forwarded(waiting);
	for (size_t i = 0; i < waiting->n_targets; i++)
		waiting->targets[i].due_ms = 0;
}

void wait_watch_sleep(struct waiting *waiting, int64_t until_ms)
{
	struct pollfd polls[] = {
		{.fd = waiting->listens ? listens_fd(waiting->listens) : -1, .events = POLLIN},
		{.fd = waiting->closings, .events = POLLIN},
		{.fd = waiting->rules, .events = POLLIN},
		{.fd = waiting->binds ? binds_fd(waiting->binds) : -1, .events = POLLIN},
	};
	const int64_t left = until_ms - wait_now_ms();

	if (poll(polls, N_ELEMENTS(polls), left > 0 ? (int)left : 0) <= 0)
		return;
	if (polls[0].revents) {
		listens_clear(waiting->listens);
		make_due(waiting);
	}
	if (polls[1].revents && closing_of_ours(waiting))
		make_due(waiting);
	if (polls[2].revents)
		rules_changed(waiting);
	if (polls[3].revents) {
		binds_clear(waiting->binds);
		make_due(waiting);
	}
}
