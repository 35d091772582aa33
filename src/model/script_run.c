/* SPDX-License-Identifier: MIT */
/* The calls of a script, and its packets, each carried out by the model. */
#include "base/auto.h"
#include "model/script_state.h"
#include "model/state.h"

#include <errno.h>
#include <string.h>

/* What may follow a call: unprivileged, chose PORT (or none), by SOCKET. */
static int take_turn(struct script *script)
{
	while (word_peek(script)) {
		uint64_t number;
		struct script_name *name;
		int r = 0;
		if (word_take(script, "unprivileged")) {
			script->turn.unprivileged = true;
		} else if (word_take(script, "chose")) {
			script->turn.found_none = word_take(script, "none");
			if (!script->turn.found_none)
				r = want_number(script, "a port", 65535, &number);
			if (!r && !script->turn.found_none)
				script->turn.port = (uint16_t)number;
		} else if (word_take(script, "by")) {
			r = want_sock(script, &name);
			script->turn.listener = r ? 0 : name->sock;
		} else {
			return want_end(script);
		}
		if (r)
			return r;
	}
	return 0;
}

/* A call on one socket, as its line says it. */
struct call {
	struct script_name *name;
	struct addr addr;
	uint16_t port;
	struct model_verdict verdict;
};

static int call_bind(struct script *script, struct call *c)
{
	return model_bind(script->space, c->name->sock, &c->addr, c->port, &script->turn,
			  &c->verdict);
}

static int call_listen(struct script *script, struct call *c)
{
	return model_listen(script->space, c->name->sock, &script->turn, &c->verdict);
}

static int call_connect(struct script *script, struct call *c)
{
	int r = model_connect(script->space, c->name->sock, &c->addr, c->port, &script->turn,
			      &c->verdict);

	if (r || !c->verdict.peer)
		return r;
	return model_tag(script->space, c->verdict.peer,
			 ((uint32_t)(c->name - script->names) + 1) | TAG_PEER);
}

static int call_disconnect(struct script *script, struct call *c)
{
	return model_disconnect(script->space, c->name->sock, &c->verdict);
}

static int call_shutdown(struct script *script, struct call *c)
{
	return model_shutdown(script->space, c->name->sock, &script->turn, &c->verdict);
}

/* How to read a call's line, and what its answer tells. */
struct call_row {
	const char *word;
	int (*call)(struct script *script, struct call *c);
	bool has_address; /* ADDRESS:PORT follows the socket */
	bool has_turn;	  /* see take_turn() */
	bool tells_port;  /* also a port that the kernel did not choose */
};

static int run_call(struct script *script, const struct call_row *row)
{
	struct call c = {.verdict.ports = &script->ports};
	int r = want_sock(script, &c.name);

	if (!r && row->has_address)
		r = want_addr_port(script, &c.addr, &c.port);
	if (!r)
		r = row->has_turn ? take_turn(script) : want_end(script);
	if (r)
		return r;
	r = row->call(script, &c);
	if (r == -ERANGE) {
		say_not_candidate(script, row->word, c.name->text, &c.verdict);
		return 0;
	}
	if (r)
		return r;
	if (!row->tells_port && !c.verdict.chosen)
		c.verdict.port = 0;
	say_verdict(script, row->word, c.name->text, &c.verdict);
	return 0;
}

static int run_close(struct script *script)
{
	struct script_name *name;
	int r = want_sock(script, &name);

	if (r)
		return r;
	bool reset = word_take(script, "linger0");
	r = want_end(script);
	if (!r)
		r = model_close(script->space, name->sock, reset, &script->turn, NULL);
	if (r)
		return r;
	name->sock = 0;
	say_done(script, "close", name->text);
	return 0;
}

/* Only entries left by one socket, or all. */
static int run_expire(struct script *script)
{
	const struct word *word = word_next(script);
	int r = want_end(script);

	if (r)
		return r;
	if (!word) {
		r = model_expire(script->space, 0);
		if (!r)
			say_done(script, "expire", NULL);
		return r;
	}
	const struct script_name *name = name_find(script, word);
	uint32_t tag = name ? (uint32_t)(name - script->names) + 1 : 0;
	if (!tag)
		return script_fail(script, word->column, "no socket '%.*s'", (int)word->len,
				   word->text);
	for (uint32_t id = 1; id <= script->space->n_socks && !r; id++)
		if (model_tag_of(script->space, id) == tag &&
		    model_expire(script->space, id) == -ENOMEM)
			r = -ENOMEM;
	if (!r)
		say_done(script, "expire", script->names[tag - 1].text);
	return r;
}

static int run_wait(struct script *script)
{
	uint64_t ms;
	int r = want_number(script, "milliseconds", INT32_MAX, &ms);

	if (!r)
		r = want_end(script);
	if (r)
		return r;
	script->turn.now_ms += ms;
	say_done(script, "wait", NULL);
	return 0;
}

static int run_join(struct script *script)
{
	struct script_name *name;
	struct addr group;
	uint32_t device = 1;
	int r = want_sock(script, &name);

	if (!r)
		r = want_addr(script, &group, NULL);
	if (!r && word_peek(script))
		r = want_device(script, &device);
	if (!r)
		r = want_end(script);
	if (r)
		return r;
	struct model_verdict verdict = {0};
	r = model_join(script->space, name->sock, &group, device);
	if (r == -EADDRINUSE)
		verdict.outcome = (struct model_outcome){EADDRINUSE, MODEL_RULE_OPTION, 0, 0, 0};
	else if (r)
		return r;
	say_verdict(script, "join", name->text, &verdict);
	return 0;
}

static int run_deliver(struct script *script)
{
	struct model_packet packet = {.cpu = 0};
	struct model_delivery delivery = {.list = &script->list};
	enum sock_proto proto;
	uint64_t cpu;
	int r = want_proto(script, &proto);

	packet.proto = (uint8_t)proto;
	if (!r)
		r = want_addr_port(script, &packet.from, &packet.from_port);
	if (!r && !word_take(script, ">"))
		r = script_fail(script, word_peek(script) ? word_peek(script)->column
							  : script->end_column,
				"expected '>'");
	uint32_t column = word_peek(script) ? word_peek(script)->column : script->end_column;
	if (!r)
		r = want_addr_port(script, &packet.to, &packet.to_port);
	if (!r && packet.from.family != packet.to.family)
		r = script_fail(script, column, "both ends must be of one family");
	if (!r && word_take(script, "dev"))
		r = want_device(script, &packet.device);
	if (!r && word_take(script, "cpu")) {
		r = want_number(script, "a CPU", INT16_MAX, &cpu);
		packet.cpu = r ? 0 : (int16_t)cpu;
	}
	if (!r)
		r = want_end(script);
	if (r)
		return r;
	model_deliver(script->space, &packet, &delivery);
	say_delivery(script, &delivery);
	return 0;
}

int run_statement(struct script *script, const struct word *verb)
{
	static const struct call_row calls[] = {
		{"bind", call_bind, .has_address = true, .has_turn = true, .tells_port = true},
		{"listen", call_listen, .has_turn = true},
		{"connect", call_connect, .has_address = true, .has_turn = true},
		{"disconnect", call_disconnect},
		{"shutdown", call_shutdown},
	};
	static const struct {
		const char *word;
		int (*run)(struct script *script);
	} rows[] = {
		{"set", run_set},   {"close", run_close},   {"expire", run_expire},
		{"wait", run_wait}, {"deliver", run_deliver}, {"join", run_join},
	};

	for (size_t i = 0; i < N_ELEMENTS(calls); i++)
		if (word_is(verb, calls[i].word))
			return run_call(script, &calls[i]);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (word_is(verb, rows[i].word))
			return rows[i].run(script);
	return script_fail(script, verb->column,
			   "expected host, NAME = socket, NAME = accept, set, bind, listen, "
			   "connect, disconnect, shutdown, close, expire, wait, join or deliver");
}
