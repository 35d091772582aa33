/* SPDX-License-Identifier: MIT */
/* Columns are fields, but for the one that draws a socket's owners together. */
#include "commands/list_columns.h"
#include "commands/command.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/numbers.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/fields.h"
#include "core/pair.h"
#include "core/service.h"
#include "core/snapshot.h"
#include "render/table.h"
#include "render/value.h"

#include <stdio.h>
#include <string.h>

void list_add_processes(struct strbuf *text, const struct snapshot *snap, const struct sock *sock)
{
	const struct proc *last = NULL;

	for (uint32_t nth = 0; nth < sock->n_owners; nth++) {
		const struct owner *owner = sock_owner(snap, sock, nth);
		const struct proc *proc = owner_proc(snap, owner);
		if (proc != last) {
			strbuf_add_text(text, nth ? ", " : "");
			escape_add(text, proc->comm, strlen(proc->comm));
			strbuf_add_char(text, '[');
			strbuf_add_u64(text, proc->pid);
			strbuf_add_char(text, ']');
		}
		if (owner->fd >= 0) {
			strbuf_add_text(text, proc == last ? "," : " fd ");
			strbuf_add_u64(text, (uint64_t)owner->fd);
		} else {
			strbuf_add_char(text, ' ');
			strbuf_add_text(text, sock_held_word(snap, sock));
		}
		last = proc;
	}
}

static void add_peer_processes(struct strbuf *text, const struct snapshot *snap,
			       const struct sock *sock)
{
	const struct sock *other = sock_pair(snap, sock);

	if (other)
		list_add_processes(text, snap, other);
}

/* Columns that are no field. */
static const struct {
	const char *name;
	struct list_column column;
} drawn[] = {
	{"process", {.title = "Process", .add = list_add_processes, .needs = FACT_OWNERS, .cut = true,
		     .absent = "-"}},
	{"peer_process", {.title = "Peer Process", .add = add_peer_processes,
			  .needs = FACT_OWNERS | FACT_PAIRS, .cut = true, .absent = "-"}},
};

/* An end without a name or address is any: "*", as in ss. */
static bool is_end(const struct field *field)
{
	return !strcmp(field->name, "local") || !strcmp(field->name, "remote");
}

bool list_columns_add(struct list_columns *columns, const char *name)
{
	struct list_column column = {};

	if (columns->n >= MAX_LIST_COLUMNS)
		return false;
	for (size_t i = 0; i < N_ELEMENTS(drawn); i++)
		if (!strcmp(name, drawn[i].name))
			column = drawn[i].column;
	if (!column.title) {
		const struct field *field = field_find(name);
		if (!field)
			return false;
		column = (struct list_column){
			.title = field->title,
			.field = field,
			.needs = field->needs,
			.right = field->right,
			.cut = field->type == VALUE_TEXT,
			.keep_end = is_end(field) || !strcmp(field->name, "peer_local") ||
				    !strcmp(field->name, "path"),
			.names = columns->names && is_end(field),
			.absent = is_end(field) ? "*" : "-",
		};
	}
	columns->columns[columns->n++] = column;
	return true;
}

int no_such_column(const struct invocation *inv, const char *name)
{
	const struct field *meant = field_nearest(name);

	if (meant)
		return usage_error(inv, "no column '%s'; did you mean '%s'?", name, meant->name);
	return usage_error(inv, "no column '%s'; see 'berth list --columns help'", name);
}

static int add_list(struct list_columns *columns, const char *names, const struct invocation *inv)
{
	while (*names) {
		char name[40];
		const size_t len = strcspn(names, ",");
		snprintf(name, sizeof(name), "%.*s", (int)len, names);
		if (len >= sizeof(name) || !list_columns_add(columns, name))
			return no_such_column(inv, name);
		names += len + (names[len] == ',');
	}
	return 0;
}

int list_columns_parse(struct list_columns *columns, const char *defaults,
		       const struct invocation *inv)
{
	const char *asked = option_value(inv, "columns");
	int code = 0;

	columns->chosen = asked && *asked != '+';
	if (!columns->chosen)
		code = add_list(columns, defaults, inv);
	for (size_t i = 0; i < inv->n_seen && !code; i++) {
		const struct option_seen *seen = &inv->seen[i];
		if (!strcmp(seen->row->name, "columns"))
			code = add_list(columns, seen->value + (*seen->value == '+'), inv);
	}
	if (!code && !columns->n)
		return usage_error(inv, "--columns names no column");
	return code;
}

uint32_t list_columns_needs(const struct list_columns *columns)
{
	uint32_t needs = 0;

	for (size_t i = 0; i < columns->n; i++)
		needs |= columns->columns[i].needs;
	return needs;
}

/* "10.0.0.1:22" becomes "10.0.0.1:ssh"; a port without a name stays a number. */
static void name_port(struct strbuf *text, const struct sock *sock)
{
	char *colon = strrchr(text->text, ':');
	uint64_t port;

	if (!colon || !parse_u64(colon + 1, UINT16_MAX, &port))
		return;
	const char *name = service_iana(sock->proto, (uint16_t)port, NULL);
	if (!name)
		return;
	text->len = (size_t)(colon + 1 - text->text);
	strbuf_add_text(text, name);
}

void list_column_add_text(const struct list_column *column, const struct snapshot *snap,
			  const struct sock *sock, struct strbuf *text)
{
	struct value value;

	if (column->add) {
		column->add(text, snap, sock);
		if (!text->len)
			strbuf_add_text(text, column->absent);
		return;
	}
	size_t last = 0; /* where the last value begins */
	for (uint32_t nth = 0; column->field->get(snap, sock, nth, &value); nth++) {
		const size_t end = text->len;
		if (nth)
			strbuf_add_char(text, ',');
		const size_t start = text->len;
		value_add(text, column->field, &value);
		if (!column->field->multiple)
			break;
		/* Five workers of one unit: the unit once. */
		if (nth && text->len - start == end - last &&
		    !memcmp(text->text + start, text->text + last, end - last))
			text->len = end;
		else
			last = start;
	}
	if (!text->len)
		strbuf_add_text(text, column->absent);
	else if (column->names && sock_is_inet(sock))
		name_port(text, sock);
}
