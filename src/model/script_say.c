/* SPDX-License-Identifier: MIT */
/* Verdicts into the words of the answers, and the reasons below them. */
#include "model/script_state.h"
#include "model/autobind.h"
#include "model/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *errno_name(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "EUNKNOWN";
}

/* "peer-of-b" needs room of its own: the reason's text is not yet begun when names are asked. */
static void add_name(struct script *script, struct strbuf *sb, uint32_t sock)
{
	uint32_t tag = model_tag_of(script->space, sock), name = tag & ~TAG_PEER;

	if (!name || name > script->n_names) {
		strbuf_add_text(sb, "an earlier socket");
		return;
	}
	if (tag & TAG_PEER)
		strbuf_add_text(sb, "peer-of-");
	strbuf_add_text(sb, script->names[name - 1].text);
}

static void explain_rule(struct script *script, enum model_rule rule)
{
	struct model_rule_row row = model_rule_row(rule);

	strbuf_printf(&script->reason, "  %s: %s", row.id, row.says);
	if (*row.kernel)
		strbuf_printf(&script->reason, " (%s)", row.kernel);
	strbuf_add_char(&script->reason, '\n');
}

static const char *way_text(enum model_way way)
{
	switch (way) {
	case MODEL_WAY_LISTENING:
		return "listens on";
	case MODEL_WAY_BOUND:
		return "is bound to";
	case MODEL_WAY_CONNECTION:
		return "is a connection from";
	case MODEL_WAY_EPHEMERAL:
		return "is a connection whose port was chosen by connect(), from";
	case MODEL_WAY_ACCEPTED:
		return "is an accepted connection on";
	case MODEL_WAY_TIME_WAIT:
		return "left a TIME_WAIT entry on";
	case MODEL_WAY_NONE:
		break;
	}
	return "has";
}

static void explain_sock(struct script *script, uint32_t sock)
{
	char text[ADDR_TEXT_SIZE + 8];
	struct model_look look;

	if (!model_look(script->space, sock, &look))
		return;
	strbuf_add_text(&script->reason, "  ");
	add_name(script, &script->reason, sock);
	strbuf_printf(&script->reason, " %s %s", way_text(look.way),
		      addr_format_port(&look.local, look.local_port, text));
	if (look.way != MODEL_WAY_TIME_WAIT)
		strbuf_printf(&script->reason, ", uid %u", look.uid);
	if (look.reuseaddr)
		strbuf_add_text(&script->reason, ", reuseaddr");
	if (look.reuseport)
		strbuf_add_text(&script->reason, ", reuseport");
	if (look.v6only)
		strbuf_add_text(&script->reason, ", v6only");
	if (look.device)
		strbuf_printf(&script->reason, ", device %u", look.device);
	strbuf_add_char(&script->reason, '\n');
}

static void explain_outcome(struct script *script, const struct model_outcome *outcome)
{
	if (outcome->rule != MODEL_RULE_OK)
		explain_rule(script, outcome->rule);
	if (outcome->holder && outcome->overlap != MODEL_RULE_OK)
		explain_rule(script, outcome->overlap);
	if (outcome->holder)
		explain_sock(script, outcome->holder);
}

static void emit(struct script *script, struct script_answer *answer)
{
	answer->line = script->line;
	answer->text = script->text.text;
	answer->reason = script->reason.text;
	if (!script->text.failed && !script->reason.failed)
		script->answer(answer, script->data);
	strbuf_clear(&script->text);
	strbuf_clear(&script->reason);
}

void say_done(struct script *script, const char *op, const char *name)
{
	struct script_answer answer = {.op = op, .socket = name};

	strbuf_add_text(&script->text, "ok");
	emit(script, &answer);
}

static void add_outcome(struct script *script, const struct model_outcome *outcome, uint16_t port)
{
	if (outcome->error < 0) {
		strbuf_add_text(&script->text, "depends further");
		return;
	}
	if (!outcome->error) {
		strbuf_add_text(&script->text, "ok");
		if (port)
			strbuf_printf(&script->text, " port %u", port);
		return;
	}
	strbuf_add_text(&script->text, errno_name(outcome->error));
	if (outcome->holder) {
		strbuf_add_text(&script->text, " held by ");
		add_name(script, &script->text, outcome->holder);
	}
	strbuf_printf(&script->text, ": %s", model_rule_id(outcome->rule));
}

static struct span span_of(struct script *script, uint32_t sock)
{
	return port_span(script->space, sock_at(script->space, sock));
}

static void add_chosen(struct script *script, const struct model_verdict *verdict,
		       struct span span)
{
	if (script->turn.port || verdict->n_ports == 1)
		strbuf_printf(&script->text, "ok port %u", verdict->port);
	else
		strbuf_printf(&script->text, "ok port in %u-%u (%u candidates)", span.low, span.high,
			      verdict->n_ports);
	if (verdict->may_fail && !script->turn.port)
		strbuf_add_text(&script->text, ", or none found");
	if (!script->turn.port && verdict->n_ports > 1)
		strbuf_printf(&script->reason, "  goes on with port %u\n", verdict->port);
}

static char *name_copy(struct script *script, uint32_t sock)
{
	struct strbuf sb = STRBUF_INIT;

	add_name(script, &sb, sock);
	char *text = strbuf_detach(&sb);
	script->text.failed |= !text;
	return text;
}

void say_verdict(struct script *script, const char *op, const char *name,
		 const struct model_verdict *verdict)
{
	struct script_answer answer = {
		.op = op,
		.socket = name,
		.kind = SCRIPT_VERDICT,
		.verdict = verdict,
	};
	const struct script_name *own = NULL;
	char *holder = NULL;

	if (name) {
		struct word word = {name, (uint32_t)strlen(name), 1};
		own = name_find(script, &word);
	}
	if (verdict->chosen && own && own->sock) {
		struct span span = span_of(script, own->sock);
		answer.low = (uint16_t)span.low;
		answer.high = (uint16_t)span.high;
		if (!verdict->outcome.error)
			add_chosen(script, verdict, span);
	}
	if (verdict->depends) {
		strbuf_printf(&script->text, "depends on %s of ", model_fact_name(verdict->fact));
		add_name(script, &script->text, verdict->on);
		strbuf_add_text(&script->text, ": if set ");
		add_outcome(script, &verdict->if_set, verdict->port);
		strbuf_add_text(&script->text, ", if not ");
		add_outcome(script, &verdict->if_clear, verdict->port);
	} else if (!script->text.len) {
		add_outcome(script, &verdict->outcome, verdict->port);
	}
	explain_outcome(script, &verdict->outcome);
	if (verdict->peer && verdict->listener) {
		strbuf_add_text(&script->reason, "  taken by ");
		add_name(script, &script->reason, verdict->listener);
		strbuf_add_text(&script->reason,
				verdict->listener_random ? " (or another of its group)\n" : "\n");
	}
	if (verdict->outcome.holder)
		answer.holder = holder = name_copy(script, verdict->outcome.holder);
	emit(script, &answer);
	free(holder);
}

void say_not_candidate(struct script *script, const char *op, const char *name,
		       const struct model_verdict *verdict)
{
	struct script_answer answer = {
		.op = op,
		.socket = name,
		.kind = SCRIPT_VERDICT,
		.verdict = verdict,
	};

	if (script->turn.found_none)
		strbuf_printf(&script->text, "not a candidate: no port (%u candidates)",
			      verdict->n_ports);
	else if (script->turn.port && !verdict->listener)
		strbuf_printf(&script->text, "not a candidate: port %u (%u candidates)",
			      script->turn.port, verdict->n_ports);
	else
		strbuf_add_text(&script->text, "not a candidate: that listener");
	emit(script, &answer);
}

static const char *reply_text(enum model_reply reply)
{
	switch (reply) {
	case MODEL_REPLY_RST:
		return "RST";
	case MODEL_REPLY_UNREACHABLE:
		return "port unreachable";
	case MODEL_REPLY_DROP:
		return "dropped";
	case MODEL_REPLY_ACK:
		return "ACK";
	case MODEL_REPLY_NONE:
		break;
	}
	return "";
}

static void add_names(struct script *script, const char *const *names, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		strbuf_printf(&script->text, "%s%s", i ? ", " : "", names[i]);
}

void say_delivery(struct script *script, const struct model_delivery *delivery)
{
	bool many = delivery->reach == MODEL_REACH_ONE_OF || delivery->reach == MODEL_REACH_EACH;
	uint32_t n = delivery->reach == MODEL_REACH_NONE ? 0 : many ? delivery->list->n : 1;
	const char **names = calloc(n + 1, sizeof(*names));
	struct script_answer answer = {
		.op = "deliver",
		.kind = SCRIPT_DELIVERY,
		.delivery = delivery,
		.sockets = names,
		.n_sockets = n,
	};

	script->text.failed |= !names;
	for (uint32_t i = 0; i < n && names; i++)
		names[i] = name_copy(script, many ? delivery->list->ids[i] : delivery->socket);
	for (uint32_t i = 0; i < n && names; i++)
		explain_sock(script, many ? delivery->list->ids[i] : delivery->socket);
	strbuf_add_text(&script->text, "-> ");
	if (!n)
		strbuf_printf(&script->text, "none: %s", reply_text(delivery->reply));
	else if (many)
		strbuf_add_text(&script->text,
				delivery->reach == MODEL_REACH_EACH ? "each of " : "one of ");
	if (names && !script->text.failed)
		add_names(script, names, n);
	if (many)
		strbuf_printf(&script->text, ": %s", model_rule_id(delivery->rule));
	explain_rule(script, delivery->rule);
	emit(script, &answer);
	for (uint32_t i = 0; i < n && names; i++)
		free((char *)names[i]);
	free(names);
}
