/* SPDX-License-Identifier: MIT */
/* berth fuser: process numbers of whoever uses PORT/tcp or PORT/udp, as fuser(1) prints them. */
#include "commands/collect.h"
#include "commands/command.h"
#include "commands/names.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/parse_error.h"
#include "core/snapshot.h"
#include "core/what.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* fuser's names are local ports; with -n the protocol stands apart from them. */
static int parse_name(const struct invocation *inv, const char *name, struct what **ret)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	const char *space = option_value(inv, "namespace");
	struct parse_error error = {};

	strbuf_add_text(&text, name);
	if (space && strcmp(space, "tcp") != 0 && strcmp(space, "udp") != 0)
		return usage_error(inv, "-n: only tcp and udp, not '%s'", space);
	if (space)
		strbuf_printf(&text, "/%s", space);
	else if (!strchr(name, '/'))
		return usage_error(inv, "'%s': files are not looked at; say %s/tcp or %s/udp", name, name,
				   name);
	if (what_parse(text.text, &machine_names, ret, &error))
		return usage_error(inv, "'%s': %s", name, error.text);
	if ((*ret)->kind != WHAT_PORT)
		return usage_error(inv, "'%s' is no port", name);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static bool is_local(const struct what *what, const struct sock *sock)
{
	return what->protos & PROTO_BIT(sock->proto) && sock->local_port >= what->ports.low &&
	       sock->local_port <= what->ports.high;
}

/* The processes in ascending order, each once; free() @ret. */
static size_t find_processes(const struct snapshot *snap, const struct what *what, uint32_t **ret)
{
	uint32_t *procs = calloc(snap->n_owners + 1, sizeof(*procs));
	size_t n = 0, kept = 0;

	for (size_t i = 0; procs && i < snap->n_owners; i++)
		if (is_local(what, &snap->socks[snap->owners[i].sock]))
			procs[n++] = snap->procs[snap->owners[i].proc].pid;
	if (procs)
		qsort(procs, n, sizeof(*procs), compare);
	for (size_t i = 0; i < n; i++)
		if (!i || procs[i] != procs[i - 1])
			procs[kept++] = procs[i];
	*ret = procs;
	return kept;
}

/* Names and table go to stderr, numbers to stdout, as fuser has it. */
static void print(const struct invocation *inv, const struct snapshot *snap, const char *name,
		  const uint32_t *pids, size_t n)
{
	const bool verbose = option_given(inv, "verbose");
	AUTO(strbuf_release) struct strbuf safe = STRBUF_INIT;

	escape_add(&safe, name, strlen(name));
	if (option_given(inv, "silent") || !n)
		return;
	if (!verbose) {
		fprintf(stderr, "%s: ", safe.text);
		fflush(stderr);
	} else {
		fprintf(stderr, "%-20s USER        PID ACCESS COMMAND\n", "");
	}
	for (size_t i = 0; i < n; i++) {
		const struct proc *proc = snapshot_proc_by_pid(snap, pids[i]);
		AUTO(strbuf_release) struct strbuf comm = STRBUF_INIT;
		const char *user = proc ? snapshot_user_name(snap, proc->uid) : NULL;
		if (!verbose) {
			printf("%6u", pids[i]);
			continue;
		}
		escape_add(&comm, proc->comm, strlen(proc->comm));
		fprintf(stderr, "%-20s %-8s %6u F.... %s\n", i ? "" : safe.text, user ? user : "?",
			pids[i], comm.text);
	}
	fflush(stdout);
	if (!verbose)
		fputc('\n', stderr);
}

static int answer(const struct invocation *inv, const char *name, const struct what *what)
{
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	AUTO(freep) uint32_t *pids = NULL;
	struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS,
		.protos = what->protos,
		.states = STATES_ALL,
		.ipv4 = !option_given(inv, "ipv6"),
		.ipv6 = !option_given(inv, "ipv4"),
		.local_port = what->ports.low == what->ports.high ? what->ports.low : 0,
		.netns_choice = NETNS_SELF,
	};
	int code = collect(inv, &request, &snap);
	if (code)
		return code;
	if (option_given(inv, "verbose"))
		collect_user_names(inv, snap);
	size_t n = find_processes(snap, what, &pids);
	print(inv, snap, name, pids, n);
	coverage_print(inv, snap);
	return n ? EXIT_YES : EXIT_NO;
}

static int run_fuser(const struct invocation *inv)
{
	int code = EXIT_NO;

	if (option_given(inv, "kill"))
		return usage_error(inv, "-k is not done here: 'berth free PORT/tcp' asks, stops only who "
				   "serves the port, and proves that it is free");
	if (!inv->n_operands)
		return usage_error(inv, "expected PORT/tcp or PORT/udp");
	for (int i = 0; i < inv->n_operands; i++) { /* nothing is answered of a wrong line */
		AUTO(what_freep) struct what *what = NULL;
		int error = parse_name(inv, inv->operands[i], &what);
		if (error)
			return error;
	}
	for (int i = 0; i < inv->n_operands; i++) {
		AUTO(what_freep) struct what *what = NULL;
		int one = parse_name(inv, inv->operands[i], &what);
		if (!one)
			one = answer(inv, inv->operands[i], what);
		if (one > EXIT_NO)
			return one;
		if (!one)
			code = EXIT_YES;
	}
	return code;
}

static const struct option_row fuser_options[] = {
	{"verbose", 'v', NULL, false, "a table with users and commands", NULL},
	{"silent", 's', NULL, false, "only the exit code", NULL},
	{"ipv4", '4', NULL, false, "IPv4 only", NULL},
	{"ipv6", '6', NULL, false, "IPv6 only", NULL},
	{"namespace", 'n', "SPACE", false, "names are ports of this protocol", "tcp udp"},
	{"kill", 'k', NULL, false, "(not supported: see 'berth free')", NULL},
	{},
};

const struct command command_fuser = {
	.name = "fuser",
	.args = "[-v] [-n tcp|udp] PORT/tcp...",
	.summary = "Process numbers of a port's users, as fuser prints them",
	.help = "For scripts and habits. Numbers go to standard output, everything else to standard\n"
		"error. Every socket with that local port counts, also an outgoing connection's.\n",
	.examples = "berth fuser 8080/tcp\twho uses TCP port 8080\n",
	.options = fuser_options,
	.groups = OPTIONS_SNAPSHOT,
	.operands = "@ports",
	.run = run_fuser,
};
