/* SPDX-License-Identifier: MIT */
/* What the parts of 'berth free' share. */
#ifndef BERTH_COMMANDS_FREE_H
#define BERTH_COMMANDS_FREE_H

#include <stdbool.h>
#include <stdint.h>

#include "act/plan.h"
#include "act/stop.h"
#include "base/strbuf.h"
#include "commands/command.h"

struct output;
struct snapshot;
struct sock;
struct what;

/* What came of one address and port after the stop. */
struct free_place {
	const struct sock *sock; /* who had it */
	int error;		 /* of bind(), 0: can be bound; -errno: could not be tried */
	bool with_reuseaddr;	 /* a server that sets SO_REUSEADDR can bind it nevertheless */
	bool is_left;		 /* the next three are meant */
	uint8_t left_state;	 /* enum sock_state of what is in the way */
	uint32_t left_pid;	 /* its process; 0: none seen */
	uint32_t left_ms;	 /* TIME_WAIT: how long yet */
};

struct freeing {
	const struct invocation *inv;
	const char *text; /* WHAT as typed */
	struct strbuf shown; /* the same, fit to print */
	struct what *what;
	struct snapshot *snap;
	struct plan plan;
	struct stop *stops; /* parallel to plan.processes; untouchable ones are never opened */
	struct free_place *places;
	size_t n_places;
	const struct sock **closed; /* --connection: those that were, or with --dry-run would be */
	size_t n_closed;
	uint64_t grace_ms;
	bool ask, dry_run, via_manager;
	bool quiet; /* JSON is wanted: no words for a person */
	bool acted; /* somebody was told to stop */
};

/* printf() to standard output at once, unless JSON is wanted. */
void free_say(const struct freeing *freeing, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Who would be stopped and what else that would end, for a person. */
void free_show_plan(const struct freeing *freeing);
/* Sockets that were named but that nobody needs to be stopped for: why they are left alone. */
void free_show_left(const struct freeing *freeing);

/* Open a pidfd of everybody in the plan, in freeing.stops. 0 or an exit code. */
int free_take_hold(struct freeing *freeing);
/* SIGTERM, patience, SIGKILL; all by pidfd. Returns an enum exit_code. */
int free_stop_all(struct freeing *freeing);
/* Ask the manager of every process that has one to stop it; returns an enum exit_code. */
int free_via_manager(struct freeing *freeing);
/* --connection: end just those; their processes meet ECONNABORTED and live on. */
int free_close_connections(struct freeing *freeing);

/* Try to bind what was freed, and say what is left if that fails. Returns an enum exit_code. */
int free_verify(struct freeing *freeing);

/* All of it as berth.free/1 (docs/json.md). */
void free_print_json(const struct freeing *freeing, struct output *output, int code);

#endif
