/* SPDX-License-Identifier: MIT */
/* The plan of 'berth free' in words, before anything is touched. */
#include "commands/free.h"
#include "base/auto.h"
#include "base/duration.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "core/snapshot.h"
#include "core/what.h"

#include <stdio.h>
#include <string.h>

static void add_safe(struct strbuf *line, const char *text)
{
	escape_add(line, text, strlen(text));
}

static void add_ports(const struct freeing *freeing, uint32_t proc, struct strbuf *line)
{
	const struct snapshot *snap = freeing->snap;
	size_t shown = 0;

	for (size_t i = 0; i < snap->n_owners && shown < 8; i++) {
		const struct sock *sock = &snap->socks[snap->owners[i].sock];
		char place[ADDR_TEXT_SIZE + 8];
		if (snap->owners[i].proc != proc || !sock_is_open_port(sock))
			continue;
		strbuf_printf(line, "%s%s %s", shown++ ? ", " : "", sock_proto_name(sock->proto),
			      addr_format_port(&sock->local, sock->local_port, place));
	}
	if (!shown)
		strbuf_add_text(line, "no port");
}

static void show_process(const struct freeing *freeing, const struct plan_process *process)
{
	const struct proc *proc = &freeing->snap->procs[process->proc];
	AUTO(strbuf_release) struct strbuf line = STRBUF_INIT;
	char age[DURATION_TEXT_SIZE];

	strbuf_add_text(&line, "  ");
	add_safe(&line, proc->comm);
	strbuf_printf(&line, "[%u]", proc->pid);
	if (proc->started_ns && proc->started_ns < freeing->snap->taken_ns)
		strbuf_printf(&line, ", up %s",
			      format_duration_ms((freeing->snap->taken_ns - proc->started_ns) /
							 1000000,
						 age));
	if (proc->cmdline) {
		strbuf_add_text(&line, ": ");
		escape_add(&line, proc->cmdline, strnlen(proc->cmdline, 120));
	}
	strbuf_add_text(&line, "\n      serves ");
	add_ports(freeing, process->proc, &line);
	strbuf_printf(&line, "; %u connection%s would end\n", process->n_connections,
		      process->n_connections == 1 ? "" : "s");
	const char *manager = proc_manager_name(proc->manager);
	const char *name = proc->container ? proc->container_name ? proc->container_name
								   : proc->container
					   : proc->unit;
	if (manager && name) {
		strbuf_printf(&line, "      belongs to %s (", proc->container ? "container " : "");
		strbuf_add_text(&line, manager);
		strbuf_add_text(&line, "): ");
		add_safe(&line, name);
		strbuf_add_text(&line, ", which may start it again; --via-manager stops it there\n");
	}
	if (process->untouchable)
		strbuf_add_text(&line, proc->pid == 1
					       ? "      is the init process: not touched; a socket "
						 "unit? see 'systemctl list-sockets'\n"
					       : "      is this shell or one of its parents: not "
						 "touched\n");
	free_say(freeing, "%s", line.text);
}

void free_show_plan(const struct freeing *freeing)
{
	size_t n = 0;

	for (size_t i = 0; i < freeing->plan.n_processes; i++)
		n += !freeing->plan.processes[i].untouchable;
	free_say(freeing, "To free %s, %zu process%s would be stopped:\n", freeing->shown.text, n,
	       n == 1 ? "" : "es");
	for (size_t i = 0; i < freeing->plan.n_processes; i++)
		show_process(freeing, &freeing->plan.processes[i]);
}

void free_show_left(const struct freeing *freeing)
{
	const size_t *counts = freeing->plan.counts;
	const bool served = counts[PLAN_HOLD_OPEN] + counts[PLAN_HOLD_BOUND];

	if (counts[PLAN_HOLD_OUTGOING] && freeing->what->has_ports)
		free_say(freeing, "Left alone: %zu outgoing connection%s with that local port "
		       "(name the process, or use --connection, to end them)\n",
		       counts[PLAN_HOLD_OUTGOING], counts[PLAN_HOLD_OUTGOING] == 1 ? "" : "s");
	if (served && counts[PLAN_HOLD_ACCEPTED] && !option_given(freeing->inv, "connections"))
		free_say(freeing, "%zu accepted connection%s of that port; processes that have only those are "
		       "left alone (--connections stops them too)\n",
		       counts[PLAN_HOLD_ACCEPTED], counts[PLAN_HOLD_ACCEPTED] == 1 ? "" : "s");
	if (freeing->plan.n_unowned)
		free_say(freeing, "%zu socket%s whose process could not be seen: run as root\n",
		       freeing->plan.n_unowned, freeing->plan.n_unowned == 1 ? "" : "s");
}
