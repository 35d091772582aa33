/* SPDX-License-Identifier: MIT */
/* What 'berth free' planned, did and found, schema berth.free/1; keys are documented in docs/json.md. */
#include "commands/free.h"
#include "commands/collect.h"
#include "commands/output.h"
#include "base/auto.h"
#include "base/json.h"
#include "core/snapshot.h"

#include <errno.h>
#include <string.h>

static void put_sock(const struct snapshot *snap, const struct sock *sock, struct json *json)
{
	char place[ADDR_TEXT_SIZE + 8];
	size_t len;

	json_put_text(json, "proto", sock_proto_name(sock->proto));
	if (sock->proto == SOCK_PROTO_UNIX) {
		const char *name = snapshot_text(snap, sock->name, &len);
		json_key(json, "path");
		json_text_n(json, name, len);
		return;
	}
	json_put_text(json, "local", addr_format_port(&sock->local, sock->local_port, place));
	if (sock->remote_port)
		json_put_text(json, "remote",
			      addr_format_port(&sock->remote, sock->remote_port, place));
}

static const char *outcome(const struct freeing *freeing, size_t nth)
{
	const struct stop *stop = freeing->stops ? &freeing->stops[nth] : NULL;

	if (option_given(freeing->inv, "connection"))
		return "left-alone";
	if (freeing->plan.processes[nth].untouchable)
		return "not-touched";
	if (!freeing->acted)
		return "would-stop";
	if (!stop || !stop->ended)
		return "running";
	return stop->killed ? "killed" : "stopped";
}

static void put_serves(const struct freeing *freeing, uint32_t proc, struct json *json)
{
	const struct snapshot *snap = freeing->snap;

	json_key(json, "serves");
	json_open(json, '[');
	for (size_t i = 0; i < snap->n_owners; i++) {
		const struct sock *sock = &snap->socks[snap->owners[i].sock];
		if (snap->owners[i].proc != proc || !sock_is_open_port(sock))
			continue;
		json_open(json, '{');
		put_sock(snap, sock, json);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_known(struct json *json, const char *key, const char *text)
{
	if (text)
		json_put_text(json, key, text);
}

static void put_process(const struct freeing *freeing, size_t nth, struct json *json)
{
	const struct plan_process *process = &freeing->plan.processes[nth];
	const struct proc *proc = &freeing->snap->procs[process->proc];
	const struct stop *stop = freeing->stops ? &freeing->stops[nth] : NULL;

	json_put_u64(json, "pid", proc->pid);
	json_put_text(json, "comm", proc->comm);
	put_known(json, "cmdline", proc->cmdline);
	put_known(json, "process_user", snapshot_user_name(freeing->snap, proc->uid));
	if (proc->started_ns && proc->started_ns < freeing->snap->taken_ns) {
		json_key(json, "age");
		json_double(json, (double)(freeing->snap->taken_ns - proc->started_ns) / 1e9);
	}
	put_known(json, "unit", proc->unit);
	put_known(json, "manager", proc_manager_name(proc->manager));
	put_known(json, "container", proc->container);
	put_known(json, "container_name", proc->container_name);
	put_serves(freeing, process->proc, json);
	json_put_u64(json, "connections", process->n_connections);
	json_put_text(json, "outcome", outcome(freeing, nth));
	if (stop && stop->error)
		json_put_text(json, "error", strerrorname_np(stop->error));
}

static void put_place(const struct freeing *freeing, const struct free_place *place,
		      struct json *json)
{
	put_sock(freeing->snap, place->sock, json);
	json_key(json, "bindable");
	if (place->error < 0 || place->error == EACCES)
		json_null(json);
	else
		json_bool(json, !place->error);
	if (!place->error)
		return;
	json_put_text(json, "errno", strerrorname_np(place->error < 0 ? -place->error : place->error));
	json_put_bool(json, "bindable_with_reuseaddr", place->with_reuseaddr);
	if (!place->is_left)
		return;
	json_put_text(json, "left_state", sock_state_name(place->left_state));
	if (place->left_pid)
		json_put_u64(json, "left_pid", place->left_pid);
	if (place->left_ms) {
		json_key(json, "left_seconds");
		json_double(json, place->left_ms / 1000.0);
	}
}

static void put_closed(const struct freeing *freeing, size_t nth, struct json *json)
{
	put_sock(freeing->snap, freeing->closed[nth], json);
	json_put_bool(json, "closed", !freeing->dry_run);
}

/* One list of the document, or with --ndjson a line each that begins with what it is. */
static void put_list(const struct freeing *freeing, const char *name, size_t n,
		     void (*put)(const struct freeing *freeing, size_t nth, struct json *json),
		     bool lines, struct json *json)
{
	if (!lines) {
		json_key(json, name);
		json_open(json, '[');
	}
	for (size_t i = 0; i < n; i++) {
		json_open(json, '{');
		if (lines)
			json_put_text(json, "record", name);
		put(freeing, i, json);
		json_close(json, '}');
		if (lines)
			json_end(json);
	}
	if (!lines)
		json_close(json, ']');
}

static void put_nth_place(const struct freeing *freeing, size_t nth, struct json *json)
{
	put_place(freeing, &freeing->places[nth], json);
}

void free_print_json(const struct freeing *freeing, struct output *output, int code)
{
	const struct plan *plan = &freeing->plan;
	const bool lines = output->ndjson;
	AUTO(json_release) struct json json;

	json_init(&json, &output->out);
	if (!lines) {
		json_open(&json, '{');
		json_put_text(&json, "schema", "berth.free/1");
		json_put_u64(&json, "taken_ns", freeing->snap->taken_ns);
		json_put_text(&json, "asked", freeing->text);
		json_put_bool(&json, "dry_run", freeing->dry_run);
		json_put_bool(&json, "ok", code == EXIT_YES);
	}
	put_list(freeing, "processes", plan->n_processes, put_process, lines, &json);
	put_list(freeing, "places", freeing->n_places, put_nth_place, lines, &json);
	put_list(freeing, "connections", freeing->n_closed, put_closed, lines, &json);
	if (lines)
		return;
	json_put_u64(&json, "outgoing_left_alone", plan->counts[PLAN_HOLD_OUTGOING]);
	json_put_u64(&json, "accepted", plan->counts[PLAN_HOLD_ACCEPTED]);
	json_put_u64(&json, "holders_not_seen", plan->n_unowned);
	coverage_json(freeing->snap, &json);
	json_close(&json, '}');
	json_end(&json);
}
