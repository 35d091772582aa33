/* SPDX-License-Identifier: MIT */
/* berth wait: until all the named places answer, or none of them does, then perhaps a command. */
#include "commands/command.h"
#include "commands/why.h"
#include "act/bindable.h"
#include "base/auto.h"
#include "base/duration.h"
#include "core/endpoint.h"
#include "probe/knock.h"
#include "probe/lookup.h"
#include "sources/inet_lookup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_TARGETS = 64, MAX_ADDRESSES = 16, KNOCK_LIMIT_MS = 2000, LOOKS_A_KNOCK = 8 };

struct target {
	struct endpoint endpoint;
	const char *text; /* as typed */
	bool answers;
	unsigned n_tries;
	char state[160]; /* what the last try met, in words */
};

struct waiting {
	struct target targets[MAX_TARGETS];
	size_t n_targets;
	bool gone; /* wait for silence */
	const char *http_path;
	uint64_t limit_ms, interval_ms;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Is it an address of this host? Whoever can be bound is. */
static bool is_local(const struct addr *addr)
{
	return addr_is_loopback(addr) ||
	       !bindable(NULL, SOCK_PROTO_UDP, addr, 0, false);
}

/*
 * A look at the kernel's tables instead of a handshake: does nobody listen there? False when it
 * cannot be told. Costs microseconds and disturbs no server.
 */
static bool nobody_listens(const struct addr *addr, uint16_t port)
{
	const struct inet_packet packet = {
		.proto = SOCK_PROTO_TCP,
		.local = *addr,
		.remote = *addr,
		.local_port = port,
		.remote_port = 1,
	};
	struct sock sock;

	return is_local(addr) && inet_lookup(NULL, &packet, &sock) == -ENOENT;
}

/* For most rounds the tables are enough; but NAT may answer where nobody listens, so now and then. */
static bool all_silent(const struct target *target, const struct addr *addresses, size_t n)
{
	if (!n || target->n_tries % LOOKS_A_KNOCK == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!nobody_listens(&addresses[i], target->endpoint.port))
			return false;
	return true;
}

static void try_target(const struct waiting *waiting, struct target *target, uint64_t left_ms)
{
	struct knock knocks[MAX_ADDRESSES] = {};
	struct addr addresses[MAX_ADDRESSES];
	const char *why_not = NULL;
	const unsigned limit = left_ms < KNOCK_LIMIT_MS ? (unsigned)left_ms : KNOCK_LIMIT_MS;
	size_t n = lookup_addresses(target->endpoint.host, limit, addresses, MAX_ADDRESSES, &why_not);

	target->answers = false;
	if (all_silent(target, addresses, n)) {
		target->n_tries++;
		snprintf(target->state, sizeof(target->state), "%s", strerror(ECONNREFUSED));
		return;
	}
	target->n_tries++;
	if (!n)
		snprintf(target->state, sizeof(target->state), "%s", why_not);
	for (size_t i = 0; i < n; i++)
		knocks[i] = (struct knock){.addr = addresses[i],
					   .port = target->endpoint.port,
					   .http_path = waiting->http_path,
					   .host = target->endpoint.host};
	knock_all(knocks, n, limit);
	for (size_t i = 0; i < n; i++) {
		if (knock_answered(&knocks[i]))
			target->answers = true;
		else if (knocks[i].http_status)
			snprintf(target->state, sizeof(target->state), "HTTP status %d",
				 knocks[i].http_status);
		else if (knocks[i].error != ETIMEDOUT || !*target->state)
			/* a last try that the limit cut short says less than an earlier one */
			snprintf(target->state, sizeof(target->state), "%s",
				 strerror(knocks[i].error));
	}
}

/* True when every target is as wished. Those that already are get no further visits. */
static bool try_all(struct waiting *waiting, int64_t end)
{
	bool all = true;

	for (size_t i = 0; i < waiting->n_targets; i++) {
		struct target *target = &waiting->targets[i];
		int64_t left = end - now_ms();
		if (!waiting->gone && target->answers)
			continue;
		try_target(waiting, target, left > 1 ? (uint64_t)left : 1);
		all = all && target->answers != waiting->gone;
	}
	return all;
}

static int wait_until(struct waiting *waiting)
{
	const int64_t end = now_ms() + (int64_t)waiting->limit_ms;

	for (;;) {
		if (try_all(waiting, end))
			return EXIT_YES;
		int64_t left = end - now_ms();
		if (left <= 0)
			return EXIT_NO;
		uint64_t pause = waiting->interval_ms < (uint64_t)left ? waiting->interval_ms
								       : (uint64_t)left;
		struct timespec rest = {.tv_sec = (time_t)(pause / 1000),
					.tv_nsec = (long)(pause % 1000) * 1000000};
		nanosleep(&rest, NULL);
	}
}

static void tell_missed(const struct invocation *inv, const struct waiting *waiting)
{
	char limit[DURATION_TEXT_SIZE];

	format_duration_ms(waiting->limit_ms, limit);
	for (size_t i = 0; i < waiting->n_targets; i++) {
		const struct target *target = &waiting->targets[i];
		if (target->answers && waiting->gone)
			failure(inv, "%s still answers after %s", target->text, limit);
		else if (!target->answers && !waiting->gone)
			failure(inv, "%s did not answer within %s: %s", target->text, limit,
				target->state);
	}
}

/* What 'why connect' says of the first that did not answer. */
static void explain_missed(const struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->n_targets && !waiting->gone; i++)
		if (!waiting->targets[i].answers) {
			why_explain(waiting->targets[i].endpoint.host,
				    waiting->targets[i].endpoint.port);
			return;
		}
}

/* Operands before "--" are targets, those behind it the command. 0 or EXIT_USAGE. */
static int parse_targets(const struct invocation *inv, struct waiting *waiting)
{
	int n = inv->command_at < 0 ? inv->n_operands : inv->command_at;

	if (!n)
		return usage_error(inv, "expected HOST:PORT; see 'berth wait --help'");
	if (n > MAX_TARGETS)
		return usage_error(inv, "more than %d places", MAX_TARGETS);
	for (int i = 0; i < n; i++) {
		struct target *target = &waiting->targets[waiting->n_targets++];
		target->text = inv->operands[i];
		const char *wrong = endpoint_parse(target->text, &target->endpoint);
		if (wrong)
			return usage_error(inv, "'%s': %s", target->text, wrong);
	}
	return 0;
}

static int parse_time(const struct invocation *inv, const char *option, uint64_t *ret_ms)
{
	const char *text = option_value(inv, option);

	if (text && !parse_duration_ms(text, ret_ms))
		return usage_error(inv, "--%s: '%s' is no duration such as 500ms, 30s or 5m", option,
				   text);
	return 0;
}

static int run_wait(const struct invocation *inv)
{
	static const struct waiting start = {.limit_ms = 60000, .interval_ms = 250};
	AUTO(freep) struct waiting *waiting = malloc(sizeof(*waiting));

	if (!waiting)
		return failure(inv, "out of memory");
	*waiting = start;
	waiting->gone = option_given(inv, "gone");
	waiting->http_path = option_value(inv, "http");
	int code = parse_targets(inv, waiting);
	if (!code)
		code = parse_time(inv, "timeout", &waiting->limit_ms);
	if (!code)
		code = parse_time(inv, "interval", &waiting->interval_ms);
	if (code)
		return code;
	if (waiting->http_path && (*waiting->http_path != '/' || strpbrk(waiting->http_path, "\r\n ")))
		return usage_error(inv, "--http: expected a path that begins with '/'");
	if (waiting->interval_ms < 10)
		waiting->interval_ms = 10; /* never hammer */
	code = wait_until(waiting);
	if (code) {
		tell_missed(inv, waiting);
		if (!option_given(inv, "quiet"))
			explain_missed(waiting);
		return code;
	}
	if (inv->command_at < 0 || !inv->operands[inv->command_at])
		return EXIT_YES;
	execvp(inv->operands[inv->command_at], inv->operands + inv->command_at);
	return failure(inv, "%s: %s", inv->operands[inv->command_at], strerror(errno));
}

static const struct option_row wait_options[] = {
	{"gone", 0, NULL, false, "wait until nobody answers any more", NULL},
	{"timeout", 't', "TIME", false, "give up after TIME (default 60s)", NULL},
	{"interval", 'i', "TIME", false, "pause between two tries (default 250ms)", NULL},
	{"quiet", 'q', NULL, false, "when time is up do not look for the reason", NULL},
	{"http", 0, "PATH", false, "ask for PATH by HTTP and wait for a status of 2xx or 3xx", NULL},
	{},
};

const struct command command_wait = {
	.name = "wait",
	.args = "HOST:PORT... [--gone] [--timeout TIME] [-- COMMAND...]",
	.summary = "Wait until a port answers, or is gone",
	.help = "Tries a TCP handshake with every place named until all answer (or, with --gone, none\n"
		"does), then runs COMMAND in its own place if one is given. PORT alone means this host.\n"
		"When time is up it says what 'berth why connect' finds. A port of this host is watched in\n"
		"the kernel's tables, without sending anything; a handshake is tried every now and then.\n"
		"Exit code: 0 as wished, 1 not within the time; or that of COMMAND.\n",
	.examples = "berth wait db.example:5432 -- ./migrate\tstart when the database answers\n"
		    "berth wait :8080 --http /health -t 30s\tuntil the service says it is well\n"
		    "berth wait --gone :8080\tuntil the old server is gone\n",
	.options = wait_options,
	.operands = "@endpoint",
	.run = run_wait,
};
