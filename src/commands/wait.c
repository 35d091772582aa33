/* SPDX-License-Identifier: MIT */
/* berth wait: until all the named places answer, or none of them does, then perhaps a command. */
#include "commands/wait.h"
#include "commands/command.h"
#include "commands/progress.h"
#include "commands/why.h"
#include "base/auto.h"
#include "base/duration.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SHOW_MS = 500 };

int64_t wait_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Look at those whose time has come; true when all are as wished, else when to look again. */
static bool look_at_due(struct waiting *waiting, int64_t end, int64_t *ret_next)
{
	bool all = true;

	*ret_next = end;
	for (size_t i = 0; i < waiting->n_targets; i++) {
		struct wait_target *target = &waiting->targets[i];
		const int64_t now = wait_now_ms(), left = end - now;
		/* who answered once gets no further visits; who fell silent might come back */
		if (!waiting->gone && target->answers)
			continue;
		if (target->due_ms <= now) {
			wait_try(waiting, target, left > 1 ? (uint64_t)left : 1);
			wait_watch_plan(waiting, target);
		}
		all = all && target->answers != waiting->gone;
		if (target->due_ms < *ret_next)
			*ret_next = target->due_ms;
	}
	return all;
}

struct showing {
	struct progress progress;
	const struct waiting *waiting;
	int64_t end_ms;
};

/* The first that is waited for, and how many more. */
static void show(void *data)
{
	struct showing *showing = data;
	const struct waiting *waiting = showing->waiting;
	const struct wait_target *first = NULL;
	const int64_t left_ms = showing->end_ms - wait_now_ms();
	char left[DURATION_TEXT_SIZE], others[32] = "";
	unsigned more = 0;

	for (size_t i = 0; i < waiting->n_targets; i++) {
		if (waiting->targets[i].answers != waiting->gone)
			continue;
		more += first != NULL;
		first = first ?: &waiting->targets[i];
	}
	if (!first || left_ms < 0)
		return;
	if (more)
		snprintf(others, sizeof(others), " and %u more", more);
	format_duration_ms((uint64_t)(left_ms > 1000 ? left_ms / 1000 * 1000 : left_ms), left);
	progress_say(&showing->progress, "waiting for %s%s to %s%s%s (%s left)", first->text, others,
		     waiting->gone ? "go away" : "answer", *first->state ? ": " : "", first->state, left);
}

/* A place that can never be told of, or NULL. */
static const struct wait_target *find_hopeless(const struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->n_targets; i++) {
		const struct wait_target *target = &waiting->targets[i];
		if (target->kind == WAIT_UDP && target->has_addresses && !target->local)
			return target;
	}
	return NULL;
}

static int wait_until(struct waiting *waiting)
{
	struct showing showing = {.waiting = waiting,
				  .end_ms = wait_now_ms() + (int64_t)waiting->limit_ms};
	int64_t next;
	int code = -1;

	progress_start(&showing.progress, waiting->inv);
	const bool shows = showing.progress.wanted && !waiting->verbose;
	if (shows)
		waiting->watcher = (struct knock_watcher){.waits = show, .data = &showing};
	wait_watch_open(waiting);
	while (code < 0) {
		const bool done = look_at_due(waiting, showing.end_ms, &next);
		const int64_t now = wait_now_ms();
		if (find_hopeless(waiting)) {
			code = EXIT_USAGE;
			break;
		}
		if (done || now >= showing.end_ms) {
			code = done ? EXIT_YES : EXIT_NO;
			break;
		}
		if (shows) {
			show(&showing);
			next = next > now + SHOW_MS ? now + SHOW_MS : next;
		}
		wait_watch_sleep(waiting, next);
	}
	progress_end(&showing.progress);
	waiting->watcher = (struct knock_watcher){};
	return code;
}

static void tell_missed(const struct invocation *inv, const struct waiting *waiting)
{
	char limit[DURATION_TEXT_SIZE];

	format_duration_ms(waiting->limit_ms, limit);
	for (size_t i = 0; i < waiting->n_targets; i++) {
		const struct wait_target *target = &waiting->targets[i];
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
		if (!waiting->targets[i].answers && waiting->targets[i].kind == WAIT_TCP) {
			why_explain(waiting->targets[i].endpoint.host,
				    waiting->targets[i].endpoint.port);
			return;
		}
}

/* HOST:PORT, udp/HOST:PORT or HOST:PORT/udp, /PATH or @NAME. NULL, or what is wrong. */
static const char *parse_target(struct wait_target *target)
{
	char text[sizeof(target->endpoint.host) + 16];
	const char *from = target->text;
	size_t len = strlen(from);

	if (*from == '/' || *from == '@') {
		if (len < 2 || len >= sizeof(target->path))
			return "a UNIX socket's path has 2 to 107 bytes";
		memcpy(target->path, from, len + 1);
		target->kind = WAIT_UNIX;
		return NULL;
	}
	for (unsigned i = 0; i < 2; i++) {
		const char *word = i ? "udp" : "tcp";
		const bool before = !strncmp(from, word, 3) && from[3] == '/';
		const bool behind = len > 4 && from[len - 4] == '/' && !strcmp(from + len - 3, word);
		if (!before && !behind)
			continue;
		target->kind = i ? WAIT_UDP : WAIT_TCP;
		from += before ? 4 : 0;
		len -= 4;
		break;
	}
	if (len >= sizeof(text))
		return "the name is longer than 255 bytes";
	memcpy(text, from, len);
	text[len] = '\0';
	return endpoint_parse(text, &target->endpoint);
}

/* Operands before "--" are targets, those behind it the command. 0 or EXIT_USAGE. */
static int parse_targets(const struct invocation *inv, struct waiting *waiting)
{
	int n = inv->command_at < 0 ? inv->n_operands : inv->command_at;

	if (!n)
		return usage_error(inv, "expected HOST:PORT, udp/PORT or a path; see 'berth wait --help'");
	if (n > WAIT_TARGETS_MAX)
		return usage_error(inv, "more than %d places", WAIT_TARGETS_MAX);
	for (int i = 0; i < n; i++) {
		struct wait_target *target = &waiting->targets[waiting->n_targets++];
		target->text = inv->operands[i];
		const char *wrong = parse_target(target);
		if (wrong)
			return usage_error(inv, "'%s': %s", target->text, wrong);
		if (waiting->http_path && target->kind != WAIT_TCP)
			return usage_error(inv, "'%s': HTTP is asked by TCP", target->text);
	}
	return 0;
}

static int run_wait(const struct invocation *inv)
{
	AUTO(freep) struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (!waiting)
		return failure(inv, "out of memory");
	*waiting = (struct waiting){.inv = inv, .limit_ms = 60000, .interval_ms = 250,
				    .closings = -1, .rules = -1};
	waiting->verbose = option_given(inv, "verbose");
	waiting->gone = option_given(inv, "gone");
	waiting->http_path = option_value(inv, "http");
	int code = parse_targets(inv, waiting);
	if (!code)
		code = option_duration(inv, "timeout", 0, UINT64_MAX, &waiting->limit_ms);
	if (!code)
		code = option_duration(inv, "interval", 0, UINT64_MAX, &waiting->interval_ms);
	if (code)
		return code;
	if (waiting->http_path && (*waiting->http_path != '/' || strpbrk(waiting->http_path, "\r\n ")))
		return usage_error(inv, "--http: expected a path that begins with '/'");
	if (waiting->interval_ms < 10)
		waiting->interval_ms = 10; /* never hammer */
	code = wait_until(waiting);
	wait_watch_close(waiting);
	if (code == EXIT_USAGE)
		return usage_error(inv, "'%s': whether a UDP port of another host is open cannot be told",
				   find_hopeless(waiting)->text);
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
	{"interval", 'i', "TIME", false, "pause between two looks, where no event tells (default 250ms)", NULL},
	{"verbose", 'v', NULL, false, "say how each place is watched", NULL},
	{"quiet", 'q', NULL, false, "when time is up do not look for the reason", NULL},
	{"http", 0, "PATH", false, "ask for PATH by HTTP and wait for a status of 2xx or 3xx", NULL},
	{},
};

const struct command command_wait = {
	.name = "wait",
	.args = "PLACE... [--gone] [--timeout TIME] [-- COMMAND...]",
	.summary = "Wait until a port answers, or is gone",
	.help = "A PLACE is HOST:PORT (PORT alone means this host), or what only this host can tell of:\n"
		"udp/PORT, or the /PATH or @NAME of a UNIX socket.\n"
		"Tries a TCP handshake with every place named until all answer (or, with --gone, none\n"
		"does), then runs COMMAND in its own place if one is given.\n"
		"When time is up it says what 'berth why connect' finds. For a port of this host the kernel\n"
		"tells when somebody begins or ends to listen, given CAP_BPF and CAP_PERFMON (for --gone\n"
		"CAP_NET_ADMIN is enough): until then nothing is sent and nothing runs. Without those rights\n"
		"it is looked for in the kernel's tables, with a handshake every now and then. That a UDP or\n"
		"UNIX socket is bound is told to root (by a tracepoint), that a UDP socket ends to\n"
		"CAP_NET_ADMIN; for the end of a UNIX socket the tables are looked at. -v tells.\n"
		"Exit code: 0 as wished, 1 not within the time; or that of COMMAND.\n",
	.examples = "berth wait db.example:5432 -- ./migrate\tstart when the database answers\n"
		    "berth wait :8080 --http /health -t 30s\tuntil the service says it is well\n"
		    "berth wait /run/postgresql/.s.PGSQL.5432\tuntil somebody listens there\n"
		    "berth wait --gone :8080\tuntil the old server is gone\n",
	.options = wait_options,
	.operands = "@endpoint",
	.run = run_wait,
};
