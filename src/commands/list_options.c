/* SPDX-License-Identifier: MIT */
/* ss's option letters. What we cannot do says so instead of doing something else. */
#include "commands/list.h"
#include "commands/command.h"
#include "commands/list_details.h"
#include "base/auto.h"

#include <stdio.h>
#include <string.h>

const struct option_row list_option_rows[] = {
	{"tcp", 't', NULL, false, "TCP sockets", NULL},
	{"udp", 'u', NULL, false, "UDP and UDP-Lite sockets", NULL},
	{"unix", 'x', NULL, false, "UNIX sockets", NULL},
	{"raw", 'w', NULL, false, "raw sockets", NULL},
	{"packet", '0', NULL, false, "packet sockets", NULL},
	{"query", 'A', "LIST", false, "kinds: all inet tcp udp raw unix u_str u_dgr u_seq packet netlink",
	 "all inet tcp udp raw unix u_str u_dgr u_seq packet netlink"},
	{"socket", 0, "LIST", false, "the same as --query", NULL},
	{"family", 'f', "FAMILY", false, "inet, inet6, unix, link or netlink",
	 "inet inet6 unix link netlink"},
	{"ipv4", '4', NULL, false, "IPv4 only", NULL},
	{"ipv6", '6', NULL, false, "IPv6 only", NULL},
	{"listening", 'l', NULL, false, "listening and unconnected sockets only", NULL},
	{"all", 'a', NULL, false, "sockets in every state", NULL},
	{"bound-inactive", 'B', NULL, false, "TCP sockets that are bound, but neither listen nor connect",
	 NULL},
	{"processes", 'p', NULL, false, "which processes hold each socket", NULL},
	{"pairs", 0, NULL, false, "both ends of a connection within this machine in one row", NULL},
	{"extended", 'e', NULL, false, "uid, inode, cookie, cgroup, half-closed ends", NULL},
	{"options", 'o', NULL, false, "timers", NULL},
	{"memory", 'm', NULL, false, "socket memory", NULL},
	{"info", 'i', NULL, false, "TCP internals", NULL},
	{"tos", 0, NULL, false, "type of service and priority", NULL},
	{"cgroup", 0, NULL, false, "control group", NULL},
	{"inet-sockopt", 0, NULL, false, "IP options", NULL},
	{"summary", 's', NULL, false, "counts instead of sockets", NULL},
	{"numeric", 'n', NULL, false, "ports (as always without -r) and rates as plain numbers", NULL},
	{"resolve", 'r', NULL, false, "ports by the names of their services", NULL},
	{"oneline", 'O', NULL, false, "one line a socket, also with -i and -m", NULL},
	{"no-header", 0, NULL, false, "the same as --no-headings", NULL},
	{"no-queues", 'Q', NULL, false, "without Recv-Q and Send-Q", NULL},
	{"filter", 'F', "FILE", false, "read the filter from a file (-: standard input)", "@file"},
	{"net", 'N', "NAME", false, "the same as --netns", "@netns"},
	{"dccp", 'd', NULL, false, "(not supported)", NULL},
	{"sctp", 'S', NULL, false, "(not supported)", NULL},
	{"mptcp", 'M', NULL, false, "(not supported; subflows are marked among TCP)", NULL},
	{"tipc", 0, NULL, false, "(not supported)", NULL},
	{"vsock", 0, NULL, false, "(not supported)", NULL},
	{"xdp", 0, NULL, false, "(not supported)", NULL},
	{"threads", 'T', NULL, false, "(not supported)", NULL},
	{"context", 'Z', NULL, false, "(not supported)", NULL},
	{"contexts", 'z', NULL, false, "(not supported)", NULL},
	{"kill", 'K', NULL, false, "(not supported here: see 'berth free')", NULL},
	{"events", 'E', NULL, false, "(not supported)", NULL},
	{"bpf", 'b', NULL, false, "(not supported)", NULL},
	{"diag", 'D', "FILE", false, "(not supported: see 'berth save')", "@file"},
	{},
};

static const struct {
	const char *option, *answer;
} unsupported[] = {
	{"dccp", "DCCP sockets cannot be listed: the kernel dropped DCCP"},
	{"sctp", "SCTP sockets cannot be listed yet"},
	{"mptcp", "MPTCP connections cannot be listed apart; their subflows are among -t, Netid mptcp"},
	{"tipc", "TIPC sockets cannot be listed"},
	{"vsock", "vsock sockets cannot be listed"},
	{"xdp", "XDP sockets cannot be listed"},
	{"threads", "owners are processes here; -p names them"},
	{"context", "SELinux contexts are not shown"},
	{"contexts", "SELinux contexts are not shown"},
	{"kill", "to close sockets use 'berth free'"},
	{"events", "destroyed sockets are not watched"},
	{"bpf", "socket filters are not shown"},
	{"diag", "to keep the sockets in a file use 'berth save FILE'"},
};

/* Letters that only switch something on. */
static const struct {
	const char *option;
	uint32_t kinds, families, details;
} switches[] = {
	{"tcp", .kinds = LIST_TCP},
	{"udp", .kinds = LIST_UDP},
	{"unix", .families = LIST_FAMILY_UNIX},
	{"raw", .kinds = LIST_RAW},
	{"packet", .families = LIST_FAMILY_PACKET},
	{"ipv4", .families = LIST_IPV4},
	{"ipv6", .families = LIST_IPV6},
	{"extended", .details = DETAIL_EXTENDED | DETAIL_TIMER},
	{"options", .details = DETAIL_TIMER},
	{"memory", .details = DETAIL_MEMORY},
	{"info", .details = DETAIL_INFO},
	{"tos", .details = DETAIL_TOS},
	{"cgroup", .details = DETAIL_CGROUP},
	{"inet-sockopt", .details = DETAIL_SOCKOPT},
	{"oneline", .details = DETAIL_ONE_LINE},
	{"numeric", .details = DETAIL_NUMERIC},
};

static int parse_query(struct list *list, const char *words)
{
	if (!list->saw_query)
		list_select_begin_query(&list->select);
	list->saw_query = true;
	while (*words) {
		char word[24];
		const size_t len = strcspn(words, ",");
		snprintf(word, sizeof(word), "%.*s", (int)len, words);
		if (len >= sizeof(word) || !list_select_query(&list->select, word))
			return usage_error(list->inv, "-A does not know '%.*s'", (int)len, words);
		words += len + (words[len] == ',');
	}
	return 0;
}

static int parse_valued(struct list *list, const char *name, const char *value)
{
	if (!strcmp(name, "query") || !strcmp(name, "socket"))
		return parse_query(list, value);
	if (!strcmp(name, "family") && !list_select_family(&list->select, value))
		return usage_error(list->inv, "-f does not know '%s'", value);
	return 0;
}

static void parse_switch(struct list *list, const char *name)
{
	for (size_t i = 0; i < N_ELEMENTS(switches); i++)
		if (!strcmp(switches[i].option, name)) {
			list->select.kinds |= switches[i].kinds;
			list->select.families |= switches[i].families;
			list->details |= switches[i].details;
		}
	if (!strcmp(name, "listening"))
		list_select_listening(&list->select);
	else if (!strcmp(name, "all"))
		list_select_all(&list->select);
	else if (!strcmp(name, "bound-inactive"))
		list_select_bound(&list->select);
	else if (!strcmp(name, "processes"))
		list->processes = true;
	else if (!strcmp(name, "pairs"))
		list->pairs = list->processes = true;
	else if (!strcmp(name, "summary"))
		list->summary = true;
	else if (!strcmp(name, "resolve"))
		list->columns.names = !option_given(list->inv, "numeric");
	else if (!strcmp(name, "no-queues"))
		list->hide_queues = true;
}

static int parse_columns(struct list *list)
{
	char defaults[120];

	snprintf(defaults, sizeof(defaults), "netid,state%s,local,remote%s%s",
		 list->hide_queues ? "" : ",recv_queue,send_queue",
		 list->processes ? ",process" : "", list->pairs ? ",peer_process" : "");
	int code = list_columns_parse(&list->columns, defaults, list->inv);
	return code ? code : list_sort_parse(&list->sort, list->inv);
}

int list_parse(struct list *list)
{
	const struct invocation *inv = list->inv;
	int code = 0;

	for (size_t i = 0; i < N_ELEMENTS(unsupported); i++)
		if (option_given(inv, unsupported[i].option))
			return usage_error(inv, "%s", unsupported[i].answer);
	for (size_t i = 0; i < inv->n_seen && !code; i++) {
		if (inv->seen[i].value)
			code = parse_valued(list, inv->seen[i].row->name, inv->seen[i].value);
		else
			parse_switch(list, inv->seen[i].row->name);
	}
	if (!code)
		code = parse_columns(list);
	if (!code)
		list_select_finish(&list->select);
	return code;
}
