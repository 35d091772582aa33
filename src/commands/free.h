/* SPDX-License-Identifier: MIT */
/* What the parts of 'berth free' share. */
#ifndef BERTH_COMMANDS_FREE_H
#define BERTH_COMMANDS_FREE_H

#include "act/plan.h"
#include "act/stop.h"
#include "base/strbuf.h"
#include "commands/command.h"

struct snapshot;
struct what;

struct freeing {
	const struct invocation *inv;
	const char *text; /* WHAT as typed */
	struct strbuf shown; /* the same, fit to print */
	struct what *what;
	struct snapshot *snap;
	struct plan plan;
	struct stop *stops; /* parallel to plan.processes; untouchable ones are never opened */
	uint64_t grace_ms;
	bool ask, dry_run, via_manager;
};

/* Who would be stopped and what else that would end, for a person. */
void free_show_plan(const struct freeing *freeing);
/* Sockets that were named but that nobody needs to be stopped for: why they are left alone. */
void free_show_left(const struct freeing *freeing);

/* Ask the manager of every process that has one to stop it; returns an enum exit_code. */
int free_via_manager(const struct freeing *freeing);

/* Try to bind what was freed, and say what is left if that fails. Returns an enum exit_code. */
int free_verify(const struct freeing *freeing);

#endif
