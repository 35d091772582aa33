/* SPDX-License-Identifier: MIT */
/* Open ports as JSON, schema berth.ports/1; keys are documented in docs/json.md. */
#include "commands/ports.h"
#include "commands/collect.h"
#include "commands/forwards.h"
#include "commands/output.h"
#include "base/auto.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/service.h"
#include "core/snapshot.h"
#include "render/sock_json.h"

static void put_service(struct json *json, const struct sock *sock)
{
	const struct service_usual *usual = service_usual(sock->proto, sock->local_port);
	const struct service_advice *advice = service_advice(sock->proto, sock->local_port);
	const char *about = NULL;
	const char *name = service_iana(sock->proto, sock->local_port, &about);

	if (name)
		json_put_text(json, "service", name);
	if (usual)
		json_put_text(json, "usually", usual->name);
	if (advice)
		json_put_text(json, "advice", advice->text);
}

enum { FACTS = FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES };

static void put_known(struct json *json, const char *key, const char *text)
{
	if (text)
		json_put_text(json, key, text);
}

static void put_process(struct json *json, const struct snapshot *snap, const struct proc *proc)
{
	json_put_u64(json, "pid", proc->pid);
	json_put_text(json, "comm", proc->comm);
	put_known(json, "user", snapshot_user_name(snap, proc->uid));
	put_known(json, "unit", proc->unit);
	put_known(json, "container", proc->container);
	put_known(json, "container_name", proc->container_name);
	put_known(json, "image", proc->image);
	put_known(json, "pod", proc->pod);
	if (proc->started_ns) {
		const uint64_t now = snap->taken_ns, then = proc->started_ns;
		json_key(json, "age");
		json_double(json, now > then ? (double)(now - then) / 1e9 : 0);
	}
}

static void put_sockets(struct json *json, const struct snapshot *snap, const struct port_row *row)
{
	json_key(json, "sockets");
	json_open(json, '[');
	for (uint32_t i = 0; i < row->n_socks; i++) {
		const struct sock *sock = &snap->socks[row->socks[i]];
		json_open(json, '{');
		sock_json_members(json, snap, sock, FACTS);
		json_key(json, "owners");
		sock_json_owners(json, snap, sock, FACTS);
		sock_json_notes(json, snap, sock);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_row(struct json *json, const struct snapshot *snap, const struct port_row *row)
{
	const struct sock *sock = row->first;
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;

	json_open(json, '{');
	json_put_u64(json, "port", sock->local_port);
	json_put_text(json, "proto", sock_proto_name(sock->proto));
	put_service(json, sock);
	json_put_text(json, "reach", port_reach_word(snap, row));
	port_reach_add(snap, row, &text);
	/* Names in it are escaped already, and JSON text is escaped by its writer. */
	json_put_text(json, "reach_text", text.text);
	if (row->proc)
		put_process(json, snap, row->proc);
	json_put_u64(json, "processes", row->n_procs);
	if (row->fullest) {
		json_put_u64(json, "connections", row->connections);
		json_put_u64(json, "accept_queue", row->fullest->recv_queue);
		json_put_u64(json, "backlog", row->fullest->send_queue);
		json_put_bool(json, "keeping_up", !row->is_full);
	}
	json_put_bool(json, "listening", !row->is_bound_only);
	json_put_bool(json, "ephemeral", row->in_ephemeral);
	json_put_text(json, "netns", snap->namespaces[sock->netns].name);
	put_sockets(json, snap, row);
	json_close(json, '}');
}

int ports_print_json(const struct snapshot *snap, const struct port_rows *rows,
		     struct output *output)
{
	AUTO(json_release) struct json json;

	json_init(&json, &output->out);
	if (output->json) {
		json_open(&json, '{');
		json_put_text(&json, "schema", "berth.ports/1");
		json_put_u64(&json, "taken_ns", snap->taken_ns);
		json_key(&json, "ports");
		json_open(&json, '[');
	}
	for (size_t i = 0; i < rows->n; i++) {
		if (output->json)
			json_line(&json);
		put_row(&json, snap, &rows->rows[i]);
		if (output->ndjson)
			json_end(&json);
	}
	if (output->json) {
		json_close(&json, ']');
		forwards_print_json(snap, NULL, 0, &json);
		coverage_json(snap, &json);
		json_close(&json, '}');
		json_end(&json);
	}
	return output->out.error;
}
