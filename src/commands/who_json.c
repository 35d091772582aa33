/* SPDX-License-Identifier: MIT */
/* Holders as JSON, schema berth.who/1; keys are documented in docs/json.md. */
#include "commands/who.h"
#include "commands/collect.h"
#include "commands/forwards.h"
#include "commands/output.h"
#include "commands/who_explain.h"
#include "base/auto.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "core/what.h"
#include "render/sock_json.h"

enum { FACTS = FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES | FACT_CONTAINERS };

static void put_owner(struct json *json, const struct snapshot *snap, const struct sock *sock,
		      uint32_t nth)
{
	const struct proc *ancestors[MAX_ANCESTORS];
	const struct proc *proc = owner_proc(snap, sock_owner(snap, sock, nth));
	const size_t n = who_ancestors(snap, proc, ancestors);

	json_open(json, '{');
	sock_json_owner_members(json, snap, sock, nth, FACTS);
	json_key(json, "parents");
	json_open(json, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(json, '{');
		json_put_u64(json, "pid", ancestors[i]->pid);
		json_put_text(json, "comm", ancestors[i]->comm);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
}

static void put_sock(struct json *json, const struct snapshot *snap, const struct sock *sock)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;

	json_open(json, '{');
	sock_json_members(json, snap, sock, FACTS);
	json_key(json, "owners");
	json_open(json, '[');
	for (uint32_t nth = 0; nth < sock->n_owners; nth++)
		put_owner(json, snap, sock, nth);
	json_close(json, ']');
	sock_json_notes(json, snap, sock);
	if (!sock->n_owners) {
		ownerless_explain(snap, sock, &text);
		json_put_text(json, "ownerless", ownerless_word(ownerless_kind(snap, sock)));
		json_put_text(json, "explanation", text.text);
	}
	json_close(json, '}');
}

int who_print_json(const struct who *who, struct output *output)
{
	AUTO(json_release) struct json json;

	json_init(&json, &output->out);
	if (output->json) {
		json_open(&json, '{');
		json_put_text(&json, "schema", "berth.who/1");
		json_put_u64(&json, "taken_ns", who->snap->taken_ns);
		json_key(&json, "asked");
		json_open(&json, '[');
		for (size_t i = 0; i < who->n_whats; i++)
			json_text(&json, who->whats[i]->text);
		json_close(&json, ']');
		json_key(&json, "sockets");
		json_open(&json, '[');
	}
	for (size_t i = 0; i < who->n_socks && !output->out.error; i++) {
		if (output->json)
			json_line(&json);
		put_sock(&json, who->snap, &who->snap->socks[who->socks[i]]);
		if (output->ndjson)
			json_end(&json);
	}
	if (output->json) {
		json_close(&json, ']');
		forwards_print_json(who->snap, who->whats, who->n_whats, &json);
		coverage_json(who->snap, &json);
		json_close(&json, '}');
		json_end(&json);
	}
	return output->out.error;
}
