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

#include <net/if.h>
#include <stdio.h>
#include <string.h>

static int complete_columns(const char *previous)
{
	for (size_t i = 0; fields[i]; i++)
		puts(fields[i]->name);
	return EXIT_YES;
}

static int complete_states(const char *previous)
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

/*
 * Words from outside go back to a shell that may expand them: what it would have to quote is left
 * out. Names of programs, units and namespaces are chosen by whoever runs on this machine.
 */
static void print_word(const char *prefix, const char *text)
{
	if (text && *text && escape_is_plain(text, strlen(text)) &&
	    !strpbrk(text, " '\"$`&;|<>(){}[]*?!#~\\"))
		printf("%s%s\n", prefix, text);
}

static void print_ports(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_socks; i++) {
		const struct sock *sock = &snap->socks[i];
		if (sock_is_open_port(sock))
			printf("%u/%s\n", sock->local_port, sock_proto_name(sock->proto));
	}
}

static int complete_ports(const char *previous)
{
	AUTO(snapshot_freep) struct snapshot *snap = NULL;

	if (collect(FACT_SOCKETS, STATE_BIT(SOCK_STATE_LISTEN), &snap))
		return EXIT_UNKNOWN;
	print_ports(snap);
	return EXIT_YES;
}

static int complete_what(const char *previous)
{
	AUTO(snapshot_freep) struct snapshot *snap = NULL;

	for (size_t nth = 0; what_word(nth); nth++)
		printf("%s:\n", what_word(nth));
	if (collect(FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES, STATE_BIT(SOCK_STATE_LISTEN), &snap))
		return EXIT_UNKNOWN;
	print_ports(snap);
	for (size_t i = 0; i < snap->n_owners; i++) {
		const struct proc *proc = owner_proc(snap, &snap->owners[i]);
		print_word("", proc->comm);
		print_word("unit:", proc->unit);
		print_word("container:", proc->container_name);
	}
	return EXIT_YES;
}

/* HOST:PORT of this host */
static int complete_endpoint(const char *previous)
{
	AUTO(snapshot_freep) struct snapshot *snap = NULL;

	if (collect(FACT_SOCKETS, STATE_BIT(SOCK_STATE_LISTEN), &snap))
		return EXIT_UNKNOWN;
	for (size_t i = 0; i < snap->n_socks; i++)
		if (snap->socks[i].state == SOCK_STATE_LISTEN)
			printf(":%u\n", snap->socks[i].local_port);
	return EXIT_YES;
}

static bool is_any(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

static int complete_filter(const char *previous)
{
	static const char *const before_state[] = {"state", "exclude", NULL};
	static const char *const words[] = {"state", "exclude", "src", "dst", "sport", "dport",
					    "and",   "or",	"not"};

	if (is_any(previous, before_state))
		return complete_states(previous);
	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		puts(words[i]);
	return complete_columns(previous);
}

/* The forms of 'berth why', then what each of them takes. */
static int complete_why(const char *previous)
{
	static const char *const takes_port[] = {"bind", "inbound", "tcp", "udp", NULL};
	static const char *const forms[] = {"why", NULL};

	if (is_any(previous, forms))
		puts("connect\nbind\ninbound");
	else if (is_any(previous, takes_port) || !strcmp(previous, "connect"))
		return complete_endpoint(previous);
	return EXIT_YES;
}

static int complete_device(const char *previous)
{
	struct if_nameindex *all = if_nameindex();

	for (size_t i = 0; all && all[i].if_index; i++)
		print_word("", all[i].if_name);
	if (all)
		if_freenameindex(all);
	return EXIT_YES;
}

static int complete_netns(const char *previous)
{
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	const struct request request = {.facts = FACT_HOST, .netns_choice = NETNS_ALL};

	puts("self\nall");
	if (sources_collect(&request, &snap))
		return EXIT_UNKNOWN;
	for (size_t i = 0; i < snap->n_namespaces; i++)
		print_word("", snap->namespaces[i].name);
	return EXIT_YES;
}

static int complete_file(const char *previous)
{
	puts("@file"); /* the shells list files better */
	return EXIT_YES;
}

static const struct {
	const char *kind;
	int (*print)(const char *previous); /* @previous: the word before; "" if not told */
} kinds[] = {
	{"columns", complete_columns}, {"states", complete_states}, {"what", complete_what},
	{"ports", complete_ports},     {"netns", complete_netns},   {"file", complete_file},
	{"endpoint", complete_endpoint}, {"filter", complete_filter}, {"why", complete_why},
	{"device", complete_device},
};

static int run_complete(const struct invocation *inv)
{
	const char *kind = inv->n_operands ? inv->operands[0] : "";
	const char *previous = inv->n_operands > 1 ? inv->operands[1] : "";

	for (size_t i = 0; i < N_ELEMENTS(kinds); i++)
		if (!strcmp(kinds[i].kind, kind))
			return kinds[i].print(previous);
	return usage_error(inv, "no such kind of word");
}

const struct command command_complete = {
	.name = "complete",
	.args = "KIND [-- PREVIOUS]",
	.summary = "Words for shell completion",
	.hidden = true,
	.run = run_complete,
};
