/* SPDX-License-Identifier: MIT */
/* berth complete KIND: what the shells' completions ask for while a line is typed; not in --help. */
#include "commands/command.h"
#include "base/auto.h"
#include "base/escape.h"
#include "core/facts.h"
#include "core/fields.h"
#include "core/snapshot.h"
#include "core/what.h"
#include "sources/sources.h"

#include <stdio.h>
#include <string.h>

static int complete_columns(void)
{
	for (size_t i = 0; fields[i]; i++)
		puts(fields[i]->name);
	return EXIT_YES;
}

static int complete_states(void)
{
	static const char *const groups[] = {"all", "connected", "synchronized", "bucket", "big"};

	for (size_t i = 0; i < N_ELEMENTS(groups); i++)
		puts(groups[i]);
	for (int state = SOCK_STATE_ESTABLISHED; state < N_SOCK_STATES; state++)
		puts(sock_state_word(state));
	return EXIT_YES;
}

static int collect(uint32_t facts, uint32_t states, struct snapshot **ret_snap)
{
	const struct request request = {
		.facts = facts,
		.protos = PROTO_BIT(SOCK_PROTO_TCP) | PROTO_BIT(SOCK_PROTO_UDP),
		.states = states,
		.ipv4 = true,
		.ipv6 = true,
		.netns_choice = NETNS_SELF,
	};

	return sources_collect(&request, ret_snap);
}

static void print_word(const char *text)
{
	/* a word that the shell would have to quote helps nobody */
	if (text && *text && escape_is_plain(text, strlen(text)) && !strpbrk(text, " '\"$`&;|<>()"))
		puts(text);
}

static void print_ports(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_socks; i++) {
		const struct sock *sock = &snap->socks[i];
		if (sock_is_open_port(sock))
			printf("%u/%s\n", sock->local_port, sock_proto_name(sock->proto));
	}
}

static int complete_ports(void)
{
	AUTO(snapshot_freep) struct snapshot *snap = NULL;

	if (collect(FACT_SOCKETS, STATE_BIT(SOCK_STATE_LISTEN), &snap))
		return EXIT_UNKNOWN;
	print_ports(snap);
	return EXIT_YES;
}

static int complete_what(void)
{
	AUTO(snapshot_freep) struct snapshot *snap = NULL;

	for (size_t nth = 0; what_word(nth); nth++)
		printf("%s:\n", what_word(nth));
	if (collect(FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES, STATE_BIT(SOCK_STATE_LISTEN), &snap))
		return EXIT_UNKNOWN;
	print_ports(snap);
	for (size_t i = 0; i < snap->n_owners; i++) {
		const struct proc *proc = owner_proc(snap, &snap->owners[i]);
		print_word(proc->comm);
		if (proc->unit && !strpbrk(proc->unit, " \\"))
			printf("unit:%s\n", proc->unit);
	}
	return EXIT_YES;
}

static int complete_netns(void)
{
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	const struct request request = {.facts = FACT_HOST, .netns_choice = NETNS_ALL};

	puts("self\nall");
	if (sources_collect(&request, &snap))
		return EXIT_UNKNOWN;
	for (size_t i = 0; i < snap->n_namespaces; i++)
		print_word(snap->namespaces[i].name);
	return EXIT_YES;
}

static int complete_file(void)
{
	puts("@file"); /* the shells list files better */
	return EXIT_YES;
}

static const struct {
	const char *kind;
	int (*print)(void);
} kinds[] = {
	{"columns", complete_columns}, {"states", complete_states}, {"what", complete_what},
	{"ports", complete_ports},     {"netns", complete_netns},   {"file", complete_file},
	{"endpoint", complete_ports},
};

static int run_complete(const struct invocation *inv)
{
	const char *kind = inv->n_operands == 1 ? inv->operands[0] : "";

	for (size_t i = 0; i < N_ELEMENTS(kinds); i++)
		if (!strcmp(kinds[i].kind, kind))
			return kinds[i].print();
	return usage_error(inv, "expected one of columns, states, what, ports, netns, file, endpoint");
}

const struct command command_complete = {
	.name = "complete",
	.args = "KIND",
	.summary = "Words for shell completion",
	.hidden = true,
	.run = run_complete,
};
