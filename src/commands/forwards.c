/* SPDX-License-Identifier: MIT */
/* One line a rule: the port, what it is for, where it leads, who does it. */
#include "commands/forwards.h"
#include "commands/output.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "core/flow.h"
#include "core/snapshot.h"
#include "core/what.h"

#include <string.h>

static bool any_port(const struct forward *forward)
{
	return !forward->ports.low && forward->ports.high == UINT16_MAX;
}

bool forward_is_meant(const struct forward *forward, const struct what *what)
{
	if (!what)
		return true;
	if (!what->has_ports || what->kind == WHAT_CONNECTION || any_port(forward))
		return false;
	const struct addr *wanted = &what->addr;
	return what->ports.low <= forward->ports.high && what->ports.high >= forward->ports.low &&
	       (forward->proto == SOCK_PROTO_OTHER || what->protos & 1u << forward->proto) &&
	       (wanted->family == ADDR_NONE || forward->address.family == ADDR_NONE ||
		addr_equal(wanted, &forward->address));
}

static bool meant_by_any(const struct forward *forward, struct what *const *whats, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (forward_is_meant(forward, whats[i]))
			return true;
	return !n;
}

static void add_ports(const struct forward *forward, struct strbuf *text)
{
	if (any_port(forward))
		strbuf_add_text(text, "any port");
	else if (forward->ports.low == forward->ports.high)
		strbuf_printf(text, "%u", forward->ports.low);
	else
		strbuf_printf(text, "%u-%u", forward->ports.low, forward->ports.high);
	if (forward->proto != SOCK_PROTO_OTHER)
		strbuf_printf(text, "/%s", sock_proto_name(forward->proto));
}

static void add_target(const struct forward *forward, struct strbuf *text)
{
	char place[ADDR_TEXT_SIZE + 8];

	if (forward->kind == FORWARD_SK_LOOKUP)
		strbuf_add_text(text, "a socket of the program's choice");
	else if (forward->to.family != ADDR_NONE && forward->to_ports.low)
		strbuf_add_text(text,
				addr_format_port(&forward->to, forward->to_ports.low, place));
	else if (forward->to.family != ADDR_NONE)
		strbuf_add_text(text, addr_format(&forward->to, place));
	else if (forward->to_ports.low)
		strbuf_printf(text, "port %u of this host", forward->to_ports.low);
	else
		strbuf_add_text(text, "(not readable)");
}

static void add_line(const struct snapshot *snap, const struct forward *forward,
		     struct strbuf *text)
{
	char place[ADDR_TEXT_SIZE];
	const size_t start = text->len;

	strbuf_add_text(text, "  ");
	add_ports(forward, text);
	while (text->len - start < 13)
		strbuf_add_char(text, ' ');
	if (forward->address.family != ADDR_NONE)
		strbuf_printf(text, " %s", addr_format(&forward->address, place));
	strbuf_add_text(text, " -> ");
	add_target(forward, text);
	strbuf_printf(text, "   %s by ", forward_kind_name((enum forward_kind)forward->kind));
	escape_add(text, forward->by, strlen(forward->by));
	if (forward->own_traffic)
		strbuf_add_text(text, ", for what this host sends");
	if (snap->n_namespaces > 1) {
		strbuf_add_text(text, ", in ");
		const char *name = snap->namespaces[forward->netns].name;
		escape_add(text, name, strlen(name));
	}
	strbuf_add_char(text, '\n');
}

/* Does docker-proxy listen for what the rule sends on? Then its row has told. */
static bool is_proxied(const struct snapshot *snap, const struct forward *forward)
{
	char place[ADDR_TEXT_SIZE + 8];

	if (forward->kind != FORWARD_DNAT || forward->to.family == ADDR_NONE)
		return false;
	addr_format_port(&forward->to, forward->to_ports.low, place);
	for (size_t i = 0; i < snap->n_notes; i++) {
		const struct note *note = &snap->notes[i];
		const struct sock *sock = &snap->socks[note->sock];
		if (note->kind == NOTE_PROXY && note->object && !strcmp(note->object, place) &&
		    sock->netns == forward->netns && forward->ports.low == forward->ports.high &&
		    forward_takes(forward, sock->proto, sock->local_port))
			return true;
	}
	return false;
}

size_t forwards_print_text(const struct snapshot *snap, struct what *const *whats, size_t n,
			   struct output *output)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	size_t shown = 0;

	for (size_t i = 0; i < snap->n_forwards; i++) {
		if (!meant_by_any(&snap->forwards[i], whats, n) ||
		    (!n && is_proxied(snap, &snap->forwards[i])))
			continue;
		if (!shown++)
			strbuf_add_text(&text, "Served without a socket, before the sockets are asked:\n");
		add_line(snap, &snap->forwards[i], &text);
	}
	out_add(&output->out, text.text, text.len);
	return shown;
}

static void put_forward(const struct snapshot *snap, const struct forward *forward,
			struct json *json)
{
	char place[ADDR_TEXT_SIZE];

	json_open(json, '{');
	json_put_text(json, "kind", forward_kind_name((enum forward_kind)forward->kind));
	json_put_text(json, "proto", forward->proto == SOCK_PROTO_OTHER
					     ? NULL
					     : sock_proto_name(forward->proto));
	json_put_u64(json, "port_low", forward->ports.low);
	json_put_u64(json, "port_high", forward->ports.high);
	json_put_text(json, "address", forward->address.family == ADDR_NONE
					       ? NULL
					       : addr_format(&forward->address, place));
	json_put_text(json, "to",
		      forward->to.family == ADDR_NONE ? NULL : addr_format(&forward->to, place));
	json_put_u64(json, "to_port", forward->to_ports.low);
	json_put_bool(json, "own_traffic", forward->own_traffic);
	json_put_text(json, "by", forward->by);
	json_put_text(json, "netns", snap->namespaces[forward->netns].name);
	json_close(json, '}');
}

void forwards_print_json(const struct snapshot *snap, struct what *const *whats, size_t n,
			 struct json *json)
{
	json_key(json, "forwards");
	json_open(json, '[');
	for (size_t i = 0; i < snap->n_forwards; i++)
		if (meant_by_any(&snap->forwards[i], whats, n))
			put_forward(snap, &snap->forwards[i], json);
	json_close(json, ']');
}

size_t forwards_of_flow(const struct snapshot *snap, uint16_t netns, const struct flow *flow,
			const struct forward **ret, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < snap->n_forwards && n < room; i++) {
		const struct forward *forward = &snap->forwards[i];
		if (forward->netns == netns &&
		    forward_takes(forward, flow->proto, flow->destination_port) &&
		    (forward->address.family == ADDR_NONE ||
		     addr_equal(&forward->address, &flow->destination)))
			ret[n++] = forward;
	}
	return n;
}
