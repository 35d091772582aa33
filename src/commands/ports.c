/* SPDX-License-Identifier: MIT */
/* berth alone: the open ports of this machine. */
#include "commands/ports.h"
#include "commands/collect.h"
#include "commands/command.h"
#include "commands/forwards.h"
#include "commands/output.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/snapshot.h"

#include <string.h>

static int ports_run(const struct invocation *inv)
{
	struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES | FACT_CONTAINERS |
			 FACT_HOST | FACT_NAT | FACT_NOTES,
		.protos = PROTOS_WITH_PORTS,
		.states = STATE_BIT(SOCK_STATE_LISTEN) | STATE_BIT(SOCK_STATE_ESTABLISHED) |
			  STATE_BIT(SOCK_STATE_BOUND_INACTIVE) | STATE_BIT(SOCK_STATE_CLOSE),
		.ipv4 = true,
		.ipv6 = true,
	};
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	AUTO(port_rows_release) struct port_rows rows = {};
	struct output output;

	if (inv->n_operands)
		return usage_error(inv, "unexpected '%s'", inv->operands[0]);
	int code = output_open(&output, inv);
	if (!code)
		code = collect(inv, &request, &snap);
	if (!code) {
		collect_user_names(inv, snap);
		int error = port_rows_make(snap, &rows);
		if (!error && (output.json || output.ndjson))
			error = ports_print_json(snap, &rows, &output);
		else if (!error)
			error = ports_print_table(snap, &rows, &output);
		if (!error && !output.json && !output.ndjson)
			forwards_print_text(snap, NULL, 0, &output);
		if (error && error != output.out.error)
			code = failure(inv, "%s", strerror(-error));
	}
	return answer_close(inv, &output, snap, code);
}

const struct command command_ports = {
	.name = "ports",
	.args = "[OPTIONS]",
	.summary = "Show the open ports: who listens, reachable from where, keeping up or not",
	.help = "One row for each port that takes traffic: TCP listeners and unconnected UDP sockets.\n"
		"The sockets of one program on one port share a row; xN counts its processes. Queue is\n"
		"connections waiting for the program over the most it wants to wait.\n",
	.examples = "berth\tWhat is open here\n"
		    "berth --netns all\tIn containers and other network namespaces too\n"
		    "berth --json | jq '.ports[] | select(.reach != \"loopback\")'\tWhat others can reach\n",
	.groups = OPTIONS_OUTPUT | OPTIONS_SNAPSHOT,
	.run = ports_run,
};
