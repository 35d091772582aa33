/* SPDX-License-Identifier: MIT */
/* berth free: shows who would be stopped, asks, stops them gently, and proves that the port is free. */
#include "commands/free.h"
#include "commands/collect.h"
#include "commands/names.h"
#include "commands/output.h"
#include "base/auto.h"
#include "base/duration.h"
#include "base/escape.h"
#include "core/facts.h"
#include "core/parse_error.h"
#include "core/snapshot.h"
#include "core/what.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void freeing_release(struct freeing *freeing)
{
	for (size_t i = 0; freeing->stops && i < freeing->plan.n_processes; i++)
		stop_release(&freeing->stops[i]);
	free(freeing->stops);
	free(freeing->places);
	free(freeing->closed);
	strbuf_release(&freeing->shown);
	plan_release(&freeing->plan);
	what_free(freeing->what);
	snapshot_free(freeing->snap);
}

void free_say(const struct freeing *freeing, const char *format, ...)
{
	va_list args;

	if (freeing->quiet)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	fflush(stdout);
}

static int parse(struct freeing *freeing)
{
	const struct invocation *inv = freeing->inv;
	struct parse_error error = {};

	if (inv->n_operands != 1)
		return usage_error(inv, "expected one WHAT; see 'berth free --help'");
	freeing->text = inv->operands[0];
	escape_add(&freeing->shown, freeing->text, strlen(freeing->text));
	freeing->grace_ms = 10000;
	int code = option_duration(inv, "grace", 0, UINT64_MAX, &freeing->grace_ms);
	if (code)
		return code;
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
	struct plan_kept kept = {};
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
	kept.n = stop_forefathers(kept.pids, N_ELEMENTS(kept.pids));
	int err = plan_make(freeing->snap, freeing->what, option_given(freeing->inv, "connections"),
			    &kept, &freeing->plan);
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

static int act(struct freeing *freeing)
{
	free_show_plan(freeing);
	free_show_left(freeing);
	if (freeing->dry_run) {
		free_say(freeing, "Nothing was done (--dry-run).\n");
		return EXIT_YES;
	}
	if (freeing->ask && (freeing->quiet || !isatty(STDIN_FILENO)))
		return usage_error(freeing->inv, "needs --yes where nobody can be asked");
	if (freeing->ask && !asked_and_agreed()) {
		free_say(freeing, "Nothing was done.\n");
		return EXIT_NO;
	}
	freeing->acted = true;
	int code = freeing->via_manager ? free_via_manager(freeing) : free_stop_all(freeing);
	return code ? code : free_verify(freeing);
}

static int decide(struct freeing *freeing)
{
	if (!freeing->plan.n_socks) {
		free_say(freeing, "Nobody has %s.\n", freeing->shown.text);
		return EXIT_NO;
	}
	if (option_given(freeing->inv, "connection"))
		return free_close_connections(freeing);
	if (freeing->plan.n_processes)
		return act(freeing);
	free_say(freeing, "No process has to stop for %s.\n", freeing->shown.text);
	free_show_left(freeing);
	return freeing->plan.n_unowned ? EXIT_UNKNOWN : free_verify(freeing);
}

static int run_free(const struct invocation *inv)
{
	AUTO(freeing_release) struct freeing freeing = {.inv = inv, .shown = STRBUF_INIT};
	struct output output;
	int code = output_open(&output, inv);

	freeing.quiet = output.json || output.ndjson;
	if (!code)
		code = parse(&freeing);
	if (!code)
		code = look(&freeing);
	if (!code) {
		code = decide(&freeing);
		if (code != EXIT_USAGE && freeing.quiet)
			free_print_json(&freeing, &output, code);
		/* holders that could not be seen are part of "nobody" and "no process" */
		if (!output.json && code != EXIT_USAGE && !freeing.plan.n_processes)
			coverage_print(inv, freeing.snap);
	}
	return output_close(&output, inv, code);
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
		"uses that local port is never stopped unless it is named itself. With --json or --ndjson\n"
		"nobody is asked: --yes or --dry-run is needed.\n",
	.examples = "berth free 8080\tstop whoever serves port 8080, after asking\n"
		    "berth free 8080/tcp --yes --grace 2s\tthe same in a script\n"
		    "berth free nginx --dry-run\twhat would stopping nginx end?\n"
		    "berth free --connection '10.0.0.5:443>10.0.0.9:51000'\tclose one connection only\n",
	.options = free_options,
	.groups = OPTIONS_OUTPUT,
	.operands = "@what",
	.run = run_free,
};
