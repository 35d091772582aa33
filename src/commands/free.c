/* SPDX-License-Identifier: MIT */
/* berth free: shows who would be stopped, asks, stops them gently, and proves that the port is free. */
#include "commands/free.h"
#include "commands/collect.h"
#include "commands/names.h"
#include "base/auto.h"
#include "base/duration.h"
#include "base/escape.h"
#include "core/facts.h"
#include "core/parse_error.h"
#include "core/snapshot.h"
#include "core/what.h"
#include "sources/inet_lookup.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void freeing_release(struct freeing *freeing)
{
	for (size_t i = 0; freeing->stops && i < freeing->plan.n_processes; i++)
		stop_release(&freeing->stops[i]);
	free(freeing->stops);
	strbuf_release(&freeing->shown);
	plan_release(&freeing->plan);
	what_free(freeing->what);
	snapshot_free(freeing->snap);
}

static int parse(struct freeing *freeing)
{
	const struct invocation *inv = freeing->inv;
	const char *grace = option_value(inv, "grace");
	struct parse_error error = {};

	if (inv->n_operands != 1)
		return usage_error(inv, "expected one WHAT; see 'berth free --help'");
	freeing->text = inv->operands[0];
	escape_add(&freeing->shown, freeing->text, strlen(freeing->text));
	freeing->grace_ms = 10000;
	if (grace && !parse_duration_ms(grace, &freeing->grace_ms))
		return usage_error(inv, "--grace: '%s' is no duration such as 5s", grace);
	freeing->dry_run = option_given(inv, "dry-run");
	freeing->via_manager = option_given(inv, "via-manager");
	freeing->ask = !option_given(inv, "yes") && !freeing->dry_run;
	int err = what_parse(freeing->text, &machine_names, &freeing->what, &error);
	if (err == -EINVAL)
		return usage_error(inv, "'%s': %s", freeing->text, error.text);
	return err ? failure(inv, "%s", strerror(-err)) : 0;
}

static int look(struct freeing *freeing)
{
	/* all of them: what else a process serves is part of the question */
	struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES | FACT_HOST | FACT_CONTAINERS,
		.protos = PROTOS_INET | PROTO_BIT(SOCK_PROTO_UNIX),
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
		/* whoever says 8080 means this machine's, not every container's */
		.netns_choice = NETNS_SELF,
	};
	int code = collect(freeing->inv, &request, &freeing->snap);

	if (code)
		return code;
	int err = plan_make(freeing->snap, freeing->what, option_given(freeing->inv, "connections"),
			    (uint32_t)getpid(), &freeing->plan);
	return err ? failure(freeing->inv, "%s", strerror(-err)) : 0;
}

/* True for yes. Asks on the terminal, never on a pipe. */
static bool asked_and_agreed(void)
{
	char answer[16] = "";

	printf("Go on? [y/N] ");
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && (*answer == 'y' || *answer == 'Y');
}

static int take_hold(struct freeing *freeing)
{
	const size_t n = freeing->plan.n_processes;

	freeing->stops = calloc(n + 1, sizeof(*freeing->stops));
	if (!freeing->stops)
		return failure(freeing->inv, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const struct proc *proc = &freeing->snap->procs[freeing->plan.processes[i].proc];
		struct stop *stop = &freeing->stops[i];
		*stop = (struct stop){
			.pid = proc->pid, .start_ticks = proc->start_ticks, .pidfd = -1};
		if (freeing->plan.processes[i].untouchable)
			stop->ended = true; /* never opened, never signalled */
		else
			stop_open(stop);
	}
	return 0;
}

static int stop_all(struct freeing *freeing)
{
	const size_t n = freeing->plan.n_processes;
	char grace[DURATION_TEXT_SIZE];
	int code = take_hold(freeing);

	if (code)
		return code;
	stop_signal(freeing->stops, n, SIGTERM);
	size_t running = stop_wait(freeing->stops, n, freeing->grace_ms < 500
							      ? (unsigned)freeing->grace_ms
							      : 500);
	if (running && freeing->grace_ms > 500) {
		printf("Asked to stop (SIGTERM); waiting up to %s ...\n",
		       format_duration_ms(freeing->grace_ms, grace));
		fflush(stdout);
		running = stop_wait(freeing->stops, n, (unsigned)(freeing->grace_ms - 500));
	}
	if (running) {
		stop_signal(freeing->stops, n, SIGKILL);
		running = stop_wait(freeing->stops, n, 5000);
	}
	for (size_t i = 0; i < n; i++) {
		const struct stop *stop = &freeing->stops[i];
		if (stop->killed)
			printf("pid %u did not stop in time and was killed.\n", stop->pid);
		if (stop->error)
			failure(freeing->inv, "pid %u: %s", stop->pid, strerror(stop->error));
	}
	return running ? EXIT_NO : EXIT_YES;
}

static int act(struct freeing *freeing)
{
	free_show_plan(freeing);
	free_show_left(freeing);
	if (freeing->dry_run) {
		puts("Nothing was done (--dry-run).");
		return EXIT_YES;
	}
	if (freeing->ask && !isatty(STDIN_FILENO))
		return usage_error(freeing->inv, "needs --yes where nobody can be asked");
	if (freeing->ask && !asked_and_agreed()) {
		puts("Nothing was done.");
		return EXIT_NO;
	}
	int code = freeing->via_manager ? free_via_manager(freeing) : stop_all(freeing);
	return code ? code : free_verify(freeing);
}

/* --connection: end just that connection; its process meets ECONNABORTED and lives on. */
static int close_connections(struct freeing *freeing)
{
	const struct snapshot *snap = freeing->snap;
	size_t closed = 0;

	if (freeing->what->kind != WHAT_CONNECTION)
		return usage_error(freeing->inv, "--connection needs a connection: 'A:P>B:Q'");
	for (size_t i = 0; i < freeing->plan.n_socks; i++) {
		const struct sock *sock = &snap->socks[freeing->plan.socks[i]];
		char place[ADDR_TEXT_SIZE + 8], far[ADDR_TEXT_SIZE + 8];
		addr_format_port(&sock->local, sock->local_port, place);
		addr_format_port(&sock->remote, sock->remote_port, far);
		if (freeing->dry_run) {
			printf("Would close %s > %s.\n", place, far);
			continue;
		}
		int err = inet_destroy(&snap->namespaces[sock->netns], sock);
		if (err && err != -ENOENT)
			return failure(freeing->inv, "cannot close %s > %s: %s", place, far,
				       err == -EPERM ? "needs CAP_NET_ADMIN (root)"
						     : strerror(-err));
		if (!err) {
			printf("Closed %s > %s.\n", place, far);
			closed++;
		}
	}
	return closed || freeing->dry_run ? EXIT_YES : EXIT_NO;
}

static int run_free(const struct invocation *inv)
{
	AUTO(freeing_release) struct freeing freeing = {.inv = inv, .shown = STRBUF_INIT};
	int code = parse(&freeing);

	if (!code)
		code = look(&freeing);
	if (code)
		return code;
	if (!freeing.plan.n_socks) {
		printf("Nobody has %s.\n", freeing.shown.text);
		coverage_print(inv, freeing.snap);
		return EXIT_NO;
	}
	if (option_given(inv, "connection"))
		return close_connections(&freeing);
	if (freeing.plan.n_processes)
		return act(&freeing);
	printf("No process has to stop for %s.\n", freeing.shown.text);
	free_show_left(&freeing);
	coverage_print(inv, freeing.snap);
	return freeing.plan.n_unowned ? EXIT_UNKNOWN : free_verify(&freeing);
}

static const struct option_row free_options[] = {
	{"yes", 'y', NULL, false, "do not ask", NULL},
	{"dry-run", 'n', NULL, false, "only show what would be done", NULL},
	{"grace", 0, "TIME", false, "kill what has not stopped after TIME (default 10s)", NULL},
	{"via-manager", 0, NULL, false,
	 "stop the unit or container instead of the process (systemctl, docker ...)", NULL},
	{"connections", 0, NULL, false,
	 "also stop processes that only have accepted connections of the port", NULL},
	{"netns", 0, "NAME", false, "network namespace (default: this one)", "@netns"},
	{"connection", 0, NULL, false, "WHAT is one connection: close it, leave its process alone",
	 NULL},
	{},
};

const struct command command_free = {
	.name = "free",
	.args = "WHAT [--yes] [--dry-run]",
	.summary = "Free a port: show who would stop, ask, stop them, prove it",
	.help = "Shows every process that would be stopped and what else it serves, asks, sends SIGTERM\n"
		"through a pidfd (so that no other process can be hit), waits, kills what is left, and\n"
		"then binds the port to prove that it is free. A process whose outgoing connection only\n"
		"uses that local port is never stopped unless it is named itself.\n",
	.examples = "berth free 8080\tstop whoever serves port 8080, after asking\n"
		    "berth free 8080/tcp --yes --grace 2s\tthe same in a script\n"
		    "berth free nginx --dry-run\twhat would stopping nginx end?\n"
		    "berth free --connection '10.0.0.5:443>10.0.0.9:51000'\tclose one connection only\n",
	.options = free_options,
	.operands = "@what",
	.run = run_free,
};
