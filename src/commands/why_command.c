/* SPDX-License-Identifier: MIT */
/* berth why -- COMMAND: run it, watch its socket calls, explain the one that fails. */
#include "commands/command.h"
#include "commands/why.h"
#include "core/case.h"

int why_command(const struct invocation *inv, struct case_facts *facts, char **command)
{
	(void)facts;
	return failure(inv, "cannot watch '%s'", command[0]);
}
