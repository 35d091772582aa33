/* SPDX-License-Identifier: MIT */
/* berth fuser: process numbers of whoever uses PORT/tcp or PORT/udp, as fuser(1) prints them. */
#include "commands/collect.h"
#include "commands/command.h"
#include "commands/names.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/numbers.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/parse_error.h"
#include "core/snapshot.h"
#include "core/what.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* [LOCAL PORT][,[REMOTE HOST][,[REMOTE PORT]]]/PROTO */
struct fuser_name {
	char shown[64]; /* as fuser writes it; empty if longer */
	struct what *local; /* NULL: any port */
	uint32_t protos;
	struct addr remote; /* family ADDR_NONE: any */
	uint16_t remote_port; /* 0: any */
};

static void fuser_name_release(struct fuser_name *name)
{
	what_free(name->local);
}

static int parse_local(const struct invocation *inv, const char *port, const char *proto,
		       struct fuser_name *ret)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct parse_error error = {};

	if (!*port)
		return 0;
	strbuf_printf(&text, "%s/%s", port, proto);
	if (what_parse(text.text, &machine_names, &ret->local, &error))
		return usage_error(inv, "'%s': %s", text.text, error.text);
	return ret->local->kind == WHAT_PORT ? 0 : usage_error(inv, "'%s' is no port", text.text);
}

static int parse_remote(const struct invocation *inv, char *text, struct fuser_name *ret)
{
	char *port = strchr(text, ',');
	uint64_t number = 0;

	if (port)
		*port++ = '\0';
	if (*text && !addr_parse(text, &ret->remote))
		return usage_error(inv, "'%s': expected an address in figures", text);
	if (port && *port && !parse_u64(port, UINT16_MAX, &number))
		return usage_error(inv, "'%s' is no port", port);
	ret->remote_port = (uint16_t)number;
	return 0;
}

/* With -n the protocol stands apart from the names. */
static int parse_name(const struct invocation *inv, const char *name, struct fuser_name *ret)
{
	const char *space = option_value(inv, "namespace");
	const char *slash = strrchr(name, '/');
	const char *proto = space ? space : slash ? slash + 1 : "";
	const size_t len = !space && slash ? (size_t)(slash - name) : strlen(name);

	if (space && strcmp(space, "tcp") != 0 && strcmp(space, "udp") != 0)
		return usage_error(inv, "-n: only tcp and udp, not '%s'", space);
	if (!space && strcmp(proto, "tcp") != 0 && strcmp(proto, "udp") != 0)
		return usage_error(inv, "'%s': files are not looked at; say PORT/tcp or PORT/udp", name);
	AUTO(freep) char *local = strndup(name, len);
	if (!local)
		return failure(inv, "out of memory");
	ret->protos = PROTO_BIT(*proto == 't' ? SOCK_PROTO_TCP : SOCK_PROTO_UDP);
	snprintf(ret->shown, sizeof(ret->shown), "%.*s/%s", (int)len, name, proto);
	char *remote = strchr(local, ',');
	if (remote)
		*remote++ = '\0';
	int code = parse_local(inv, local, proto, ret);
	return !code && remote ? parse_remote(inv, remote, ret) : code;
}

static int compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static bool fits(const struct fuser_name *name, const struct sock *sock)
{
	const struct what *local = name->local;

	return name->protos & PROTO_BIT(sock->proto) &&
	       (!local || (sock->local_port >= local->ports.low &&
			   sock->local_port <= local->ports.high)) &&
	       (!name->remote_port || sock->remote_port == name->remote_port) &&
	       (name->remote.family == ADDR_NONE || addr_equal(&name->remote, &sock->remote));
}

/* The processes in ascending order, each once; free() @ret. */
static size_t find_processes(const struct snapshot *snap, const struct fuser_name *name,
			     uint32_t **ret)
{
	uint32_t *procs = calloc(snap->n_owners + 1, sizeof(*procs));
	size_t n = 0, kept = 0;

	for (size_t i = 0; procs && i < snap->n_owners; i++)
		if (fits(name, &snap->socks[snap->owners[i].sock]))
			procs[n++] = snap->procs[snap->owners[i].proc].pid;
	if (procs)
		qsort(procs, n, sizeof(*procs), compare);
	for (size_t i = 0; i < n; i++)
		if (!i || procs[i] != procs[i - 1])
			procs[kept++] = procs[i];
	*ret = procs;
	return kept;
}

/* Numbers go to stdout, all around them to stderr, so that a script reads numbers only. */
static void print_pid(uint32_t pid)
{
	fflush(stderr);
	printf("%6u", pid);
	fflush(stdout);
}

static void print_process(const struct snapshot *snap, uint32_t pid, const char *title, bool verbose,
			  bool with_user)
{
	const struct proc *proc = snapshot_proc_by_pid(snap, pid);
	const char *user = proc ? snapshot_user_name(snap, proc->uid) : NULL;
	AUTO(strbuf_release) struct strbuf comm = STRBUF_INIT;

	if (verbose)
		fprintf(stderr, "%-20s %-8s ", title, user ? user : "?");
	print_pid(pid);
	if (verbose)
		fputs(" F.... ", stderr);
	if (with_user)
		fprintf(stderr, "(%s)", user ? user : "?");
	if (!verbose || !proc)
		return;
	escape_add(&comm, proc->comm, strlen(proc->comm));
	fprintf(stderr, "%s\n", comm.text);
}

static void print(const struct invocation *inv, const struct snapshot *snap,
		  const struct fuser_name *name, bool first, const uint32_t *pids, size_t n)
{
	const bool verbose = option_given(inv, "verbose"), all = option_given(inv, "all");
	AUTO(strbuf_release) struct strbuf title = STRBUF_INIT;

	if (option_given(inv, "silent") || (!n && !all))
		return;
	escape_add(&title, name->shown, strlen(name->shown));
	strbuf_add_char(&title, ':');
	if (verbose && first)
		fprintf(stderr, "%-20s USER        PID ACCESS COMMAND\n", "");
	if (!verbose || !n)
		fprintf(stderr, n ? "%-20s" : "%s", title.text);
	for (size_t i = 0; i < n; i++)
		print_process(snap, pids[i], i ? "" : title.text, verbose,
			      option_given(inv, "user"));
	if (!verbose || !n)
		fputc('\n', stderr);
}

static int answer(const struct invocation *inv, const struct fuser_name *name, bool *first)
{
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	AUTO(freep) uint32_t *pids = NULL;
	const struct what *local = name->local;
	struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS,
		.protos = name->protos,
		.states = STATES_ALL,
		.ipv4 = !option_given(inv, "ipv6"),
		.ipv6 = !option_given(inv, "ipv4"),
		.local_port = local && local->ports.low == local->ports.high ? local->ports.low : 0,
		.netns_choice = NETNS_SELF,
	};
	int code = collect(inv, &request, &snap);
	if (code)
		return code;
	if (option_given(inv, "verbose") || option_given(inv, "user"))
		collect_user_names(inv, snap);
	size_t n = find_processes(snap, name, &pids);
	print(inv, snap, name, *first, pids, n);
	*first = *first && !n && !option_given(inv, "all");
	coverage_print(inv, snap);
	return n ? EXIT_YES : EXIT_NO;
}

static int run_fuser(const struct invocation *inv)
{
	int code = EXIT_NO;
	bool first = true; /* nothing is printed yet */

	if (option_given(inv, "kill"))
		return usage_error(inv, "-k is not done here: 'berth free PORT/tcp' asks, stops only who "
				   "serves the port, and proves that it is free");
	if (!inv->n_operands)
		return usage_error(inv, "expected PORT/tcp or PORT/udp");
	for (int i = 0; i < inv->n_operands; i++) { /* nothing is answered of a wrong line */
		AUTO(fuser_name_release) struct fuser_name name = {};
		int error = parse_name(inv, inv->operands[i], &name);
		if (error)
			return error;
	}
	for (int i = 0; i < inv->n_operands; i++) {
		AUTO(fuser_name_release) struct fuser_name name = {};
		int one = parse_name(inv, inv->operands[i], &name);
		if (!one)
			one = answer(inv, &name, &first);
		if (one > EXIT_NO)
			return one;
		if (!one)
			code = EXIT_YES;
	}
	return code;
}

static const struct option_row fuser_options[] = {
	{"verbose", 'v', NULL, false, "a table with users and commands", NULL},
	{"user", 'u', NULL, false, "the user behind each number", NULL},
	{"all", 'a', NULL, false, "also names that nobody uses", NULL},
	{"silent", 's', NULL, false, "only the exit code", NULL},
	{"ipv4", '4', NULL, false, "IPv4 only", NULL},
	{"ipv6", '6', NULL, false, "IPv6 only", NULL},
	{"namespace", 'n', "SPACE", false, "names are ports of this protocol", "tcp udp"},
	{"kill", 'k', NULL, false, "(not supported: see 'berth free')", NULL},
	{},
};

const struct command command_fuser = {
	.name = "fuser",
	.args = "[-auv] [-n tcp|udp] PORT/tcp...",
	.summary = "Process numbers of a port's users, as fuser prints them",
	.help = "For scripts and habits. Numbers go to standard output, everything else to standard\n"
		"error. Every socket with that local port counts, also an outgoing connection's. A name is\n"
		"[PORT][,[REMOTE ADDRESS][,[REMOTE PORT]]]/tcp.\n",
	.examples = "berth fuser 8080/tcp\twho uses TCP port 8080\n",
	.options = fuser_options,
	.groups = OPTIONS_SNAPSHOT,
	.operands = "@ports",
	.run = run_fuser,
};
