/* SPDX-License-Identifier: MIT */
/* Walks the fields; knows none of them by name. */
#include "render/sock_json.h"
#include "base/json.h"
#include "core/facts.h"
#include "core/fields.h"
#include "core/snapshot.h"
#include "render/value.h"

#include <stdbool.h>

static bool is_known(const struct field *field, uint32_t facts)
{
	/* A cookie may be known without having been asked for. */
	return !(field->needs & ~(facts | FACT_SOCKETS | FACT_COOKIE));
}

/* One value for each of the socket's own holders? */
static bool is_of_owners(const struct field *field)
{
	return field->multiple && field->needs & FACT_OWNERS && !(field->needs & FACT_PAIRS);
}

void sock_json_owner_members(struct json *json, const struct snapshot *snap,
			     const struct sock *sock, uint32_t nth, uint32_t facts)
{
	struct value value;

	for (size_t i = 0; fields[i]; i++) {
		const struct field *field = fields[i];
		if (!is_of_owners(field) || !is_known(field, facts) ||
		    !field->get(snap, sock, nth, &value))
			continue;
		json_key(json, field->name);
		value_json(json, field, &value);
	}
}

void sock_json_owners(struct json *json, const struct snapshot *snap, const struct sock *sock,
		      uint32_t facts)
{
	json_open(json, '[');
	for (uint32_t nth = 0; nth < sock->n_owners; nth++) {
		json_open(json, '{');
		sock_json_owner_members(json, snap, sock, nth, facts);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* Several values that are no owners': the options of a TCP handshake. */
static void put_list(struct json *json, const struct snapshot *snap, const struct sock *sock,
		     const struct field *field)
{
	struct value value;

	json_key(json, field->name);
	json_open(json, '[');
	for (uint32_t nth = 0; field->get(snap, sock, nth, &value); nth++)
		value_json(json, field, &value);
	json_close(json, ']');
}

void sock_json_members(struct json *json, const struct snapshot *snap, const struct sock *sock,
		       uint32_t facts)
{
	struct value value;

	for (size_t i = 0; fields[i]; i++) {
		const struct field *field = fields[i];
		if (!is_known(field, facts) || is_of_owners(field) ||
		    !field->get(snap, sock, 0, &value))
			continue;
		if (field->multiple) {
			put_list(json, snap, sock, field);
			continue;
		}
		json_key(json, field->name);
		value_json(json, field, &value);
	}
}

void sock_json_whole(struct json *json, const struct snapshot *snap, const struct sock *sock,
		     uint32_t facts)
{
	sock_json_members(json, snap, sock, facts);
	if (facts & FACT_OWNERS) {
		json_key(json, "owners");
		sock_json_owners(json, snap, sock, facts);
	}
}

void sock_json(struct json *json, const struct snapshot *snap, const struct sock *sock,
	       uint32_t facts)
{
	json_open(json, '{');
	sock_json_whole(json, snap, sock, facts);
	json_close(json, '}');
}

void sock_json_fields(struct json *json, const struct snapshot *snap, const struct sock *sock,
		      const struct field *const *chosen)
{
	struct value value;

	json_open(json, '{');
	for (; *chosen; chosen++) {
		const struct field *field = *chosen;
		if (field->multiple && !is_of_owners(field)) {
			put_list(json, snap, sock, field);
		} else if (field->multiple) {
			json_key(json, field->name);
			json_open(json, '[');
			for (uint32_t nth = 0; nth < sock->n_owners; nth++)
				if (field->get(snap, sock, nth, &value))
					value_json(json, field, &value);
				else
					json_null(json);
			json_close(json, ']');
		} else if (field->get(snap, sock, 0, &value)) {
			json_key(json, field->name);
			value_json(json, field, &value);
		}
	}
	json_close(json, '}');
}

static void put_known(struct json *json, const char *key, const char *text)
{
	if (text)
		json_put_text(json, key, text);
}

void sock_json_notes(struct json *json, const struct snapshot *snap, const struct sock *sock)
{
	const struct note *note = sock_note(snap, sock, 0);

	if (!note)
		return;
	json_key(json, "notes");
	json_open(json, '[');
	for (uint32_t nth = 0; (note = sock_note(snap, sock, nth)); nth++) {
		json_open(json, '{');
		json_put_text(json, "kind", note_kind_name((enum note_kind)note->kind));
		put_known(json, "subject", note->subject);
		put_known(json, "object", note->object);
		if (note->pid)
			json_put_u64(json, "pid", note->pid);
		put_known(json, "text", note->text);
		json_close(json, '}');
	}
	json_close(json, ']');
}
