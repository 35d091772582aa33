/* SPDX-License-Identifier: MIT */
/* berth list: every socket, chosen by ss's letters and filter words. */
#include "commands/list.h"
#include "commands/collect.h"
#include "commands/command.h"
#include "commands/like_ss.h"
#include "commands/list_details.h"
#include "commands/output.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/fields.h"
#include "core/filter.h"
#include "core/pair.h"
#include "core/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void make_request(const struct list *list, struct request *request)
{
	*request = (struct request){
		.facts = FACT_SOCKETS | list_columns_needs(&list->columns) |
			 list_details_facts(list->details),
	};
	if (!list->columns.chosen && (option_given(list->inv, "json") || option_given(list->inv, "ndjson")))
		request->facts |= FACT_COOKIE;
	if (list->sort.field)
		request->facts |= list->sort.field->needs;
	list_select_narrow(&list->select, request);
	if (list->filter)
		filter_narrow(list->filter, request);
	if (list->summary) {
		request->protos = PROTOS_ALL;
		request->states = STATES_ALL;
		request->ipv4 = request->ipv6 = true;
	}
	/* Their local ends are named by interfaces. */
	if (request->protos & PROTO_BIT(SOCK_PROTO_PACKET))
		request->facts |= FACT_HOST;
}

/* The indexes of the chosen sockets in @ret_rows (free() them). 0 or -ENOMEM. */
static int choose_rows(const struct list *list, const struct snapshot *snap, uint32_t **ret_rows,
		       size_t *ret_n)
{
	AUTO(freep) uint32_t *rows = malloc((snap->n_socks + 1) * sizeof(*rows));
	size_t n = 0;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_socks; i++) {
		const struct sock *sock = &snap->socks[i];
		if (list_select_matches(&list->select, sock) && collect_wants(snap, sock) &&
		    (!list->filter || filter_matches(list->filter, snap, sock)))
			rows[n++] = (uint32_t)i;
	}
	int error = list->pairs ? list_pairs_fold(snap, rows, &n) : 0;
	if (error)
		return error;
	list_sort_rows(&list->sort, snap, rows, n);
	*ret_rows = take(rows);
	*ret_n = n;
	return 0;
}

static bool crosses(const struct snapshot *snap, const struct sock *sock)
{
	const struct sock *other = sock_pair(snap, sock);

	return other && other->netns != sock->netns;
}

/* Several namespaces in one list are told apart by a column of their own. */
static void add_netns_column(struct list *list, const struct snapshot *snap, const uint32_t *rows,
			     size_t n)
{
	for (size_t i = 0; i < n && list->pairs && !list->columns.chosen; i++)
		if (crosses(snap, &snap->socks[rows[i]])) {
			list_columns_add(&list->columns, "netns");
			list_columns_add(&list->columns, "peer_netns");
			return;
		}
	for (size_t i = 1; i < n && !list->columns.chosen; i++)
		if (snap->socks[rows[i]].netns != snap->socks[rows[0]].netns) {
			list_columns_add(&list->columns, "netns");
			return;
		}
}

static int print(struct list *list, struct snapshot *snap, struct output *output)
{
	AUTO(freep) uint32_t *rows = NULL;
	size_t n;

	if (list->summary)
		return list_print_summary(snap, output);
	int error = choose_rows(list, snap, &rows, &n);
	if (error)
		return error;
	add_netns_column(list, snap, rows, n);
	return list_print(list, snap, rows, n, output);
}

static bool is_user(const struct field *field)
{
	return field && (!strcmp(field->name, "user") || !strcmp(field->name, "process_user"));
}

/* Looking names up costs more than the sockets on a quiet machine. */
static bool list_names_users(const struct list *list)
{
	for (size_t i = 0; i < list->columns.n; i++)
		if (is_user(list->columns.columns[i].field))
			return true;
	return is_user(list->sort.field);
}

static int print_columns_help(void)
{
	printf("%-22s which processes hold the socket, by which file descriptors\n", "process");
	printf("%-22s which processes hold the other end, where that is on this machine\n",
	       "peer_process");
	for (size_t i = 0; fields[i]; i++)
		printf("%-22s %s\n", fields[i]->name, fields[i]->help);
	return EXIT_YES;
}

int list_run(const struct invocation *inv)
{
	const char *asked = option_value(inv, "columns");

	struct list list = {.inv = inv};
	struct output output;
	struct request request;
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	if (asked && !strcmp(asked, "help"))
		return print_columns_help();
	const bool like_ss = !strcmp(inv->command->name, "ss");
	int code = list_parse(&list);

	if (!code)
		code = list_filter_parse(&list);
	AUTO(filter_freep) struct filter *filter = list.filter;
	if (code)
		return code;
	/* Words of states in the filter replace those of -l and -a, as in ss. */
	if (filter && filter_names_states(filter))
		list_select_all(&list.select);
	code = output_open(&output, inv);
	if (!code) {
		if (like_ss)
			like_ss_columns(&list);
		make_request(&list, &request);
		if (like_ss)
			request.netns_choice = NETNS_SELF;
		code = collect(inv, &request, &snap);
	}
	if (!code) {
		if (output.json || output.ndjson || list_names_users(&list))
			collect_user_names(inv, snap);
		int error = print(&list, snap, &output);
		if (error && error != output.out.error)
			code = failure(inv, "%s", strerror(-error));
	}
	return answer_close(inv, &output, snap, code);
}

const struct command command_list = {
	.name = "list",
	.args = "[FLAGS] [FILTER]",
	.summary = "List sockets; ss's flags and filter words work",
	.help = "Without flags: connected sockets of every kind. FILTER is written as for ss, and any\n"
		"column is a word of it: 'sport = :443', 'state listening', 'pid = 812', 'user = www-data'.\n"
		"'--columns help' tells the columns.\n",
	.examples = "berth list -tlnp\tTCP listeners with their processes\n"
		    "berth list -ta state time-wait\tConnections that wait to be forgotten\n"
		    "berth list -t --pairs\tWhich processes here talk to each other\n"
		    "berth list -tni dport = :443\tTCP internals of HTTPS clients\n"
		    "berth list -a --columns local,process,unit --sort local\tChosen columns\n"
		    "berth list -tanp --ndjson\tFor scripts\n",
	.options = list_option_rows,
	.groups = OPTIONS_OUTPUT | OPTIONS_COLUMNS | OPTIONS_SNAPSHOT,
	.operands = "@filter",
	.run = list_run,
};
