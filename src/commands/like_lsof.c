/* SPDX-License-Identifier: MIT */
/* berth lsof: who has internet and UNIX sockets open, in the columns and words of lsof(8). */
#include "commands/like_lsof.h"
#include "commands/collect.h"
#include "commands/command.h"
#include "commands/output.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/snapshot.h"

#include <string.h>

static int run_lsof(const struct invocation *inv)
{
	AUTO(lsof_release) struct lsof lsof = {.inv = inv};
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	struct output output;
	int code = lsof_parse(&lsof);

	if (code)
		return code;
	const bool of_processes = !lsof.all_of_them && (lsof.given[LSOF_PID] || lsof.given[LSOF_USER] ||
							lsof.given[LSOF_COMMAND]);
	struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS |
			 (lsof.with_parent || lsof.fields ? FACT_PROCESSES : 0),
		.protos = (lsof.given[LSOF_INET] || of_processes ? PROTOS_INET : 0) |
			  (lsof.given[LSOF_UNIX] || of_processes ? PROTO_BIT(SOCK_PROTO_UNIX) : 0),
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
		.netns_choice = NETNS_SELF,
	};
	code = output_open(&output, inv);
	if (!code)
		code = collect(inv, &request, &snap);
	if (!code) {
		lsof.snap = snap;
		collect_user_names(inv, snap);
		int err = lsof_choose_rows(&lsof);
		if (!err)
			err = lsof_print(&lsof, &output);
		code = err && err != output.out.error ? failure(inv, "%s", strerror(-err))
		       : lsof.n_rows || option_given(inv, "quiet-if-none") ? EXIT_YES
									   : EXIT_NO;
	}
	return output_close(&output, inv, code);
}

static const struct option_row lsof_options[] = {
	{"inet", 'i', "ADDRESS", true, "internet sockets: [46][PROTO][@HOST][:PORTS]", NULL},
	{"unix", 'U', NULL, false, "UNIX sockets", NULL},
	{"and", 'a', NULL, false, "all selections must fit, not any", NULL},
	{"state", 's', "TCP:STATES", false, "only these TCP states; ^STATE: all but it", NULL},
	{"pid", 'p', "PIDS", false, "processes by number; ^PID: all but it", NULL},
	{"user", 'u', "USERS", false, "processes by user; ^USER: all but those", NULL},
	{"command", 'c', "NAME", false, "processes whose name begins so; ^NAME: all but those", NULL},
	{"terse", 't', NULL, false, "process numbers only", NULL},
	{"fields", 'F', "LETTERS", true, "a letter and a value a line, of pRcuLfatdoPnT; 0: ended by NUL", NULL},
	{"parents", 'R', NULL, false, "a column with the parent's process number", NULL},
	{"no-login-names", 'l', NULL, false, "users as numbers", NULL},
	{"quiet-if-none", 'Q', NULL, false, "exit 0 even if nothing was found", NULL},
	{"no-warnings", 'w', NULL, false, "no warnings (there are none)", NULL},
	{"no-blocking", 'b', NULL, false, "avoid what might block (done anyway)", NULL},
	{"no-overhead", 'O', NULL, false, "avoid forking (done anyway)", NULL},
	{"no-host-names", 'n', NULL, false, "addresses as numbers (what is done anyway)", NULL},
	{"no-port-names", 'P', NULL, false, "ports as numbers", NULL},
	{},
};

const struct command command_lsof = {
	.name = "lsof",
	.args = "-i[ADDRESS] [-a] [-n] [-P] [-t] [-sTCP:STATE] ...",
	.summary = "Sockets and their processes in the columns of lsof -i",
	.help = "For scripts and habits. Only sockets are looked at, of one network namespace unless\n"
		"--netns says otherwise. As in lsof selections are ORed unless -a is given. +c WIDTH sets\n"
		"how much of a command's name is shown (0: all).\n",
	.examples = "berth lsof -nP -iTCP -sTCP:LISTEN\tlisteners\n"
		    "berth lsof -t -i :8080\tprocess numbers of port 8080\n",
	.options = lsof_options,
	.groups = OPTIONS_OUTPUT | OPTIONS_SNAPSHOT,
	.run = run_lsof,
};
