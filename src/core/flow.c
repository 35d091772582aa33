/* SPDX-License-Identifier: MIT */
/* Reads and writes flows; which socket gets one is the business of model/. */
#include "core/flow.h"
#include "base/arena.h"
#include "base/auto.h"
#include "core/host_match.h"
#include "core/parse_error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct reading {
	const char *text;
	const struct names *names;
	struct parse_error *error;
	struct arena arena;
};

static size_t column(const struct reading *reading, const char *at)
{
	return (size_t)(at - reading->text) + 1;
}

/* "tcp", "udp" or "udplite" at @text, and what parts it from the rest; the length of both. */
static size_t take_proto(const char *text, enum sock_proto *ret)
{
	static const enum sock_proto protos[] = {SOCK_PROTO_TCP, SOCK_PROTO_UDPLITE,
						 SOCK_PROTO_UDP};

	for (size_t i = 0; i < N_ELEMENTS(protos); i++) {
		const char *name = sock_proto_name(protos[i]);
		const size_t len = strlen(name);
		if (strncasecmp(text, name, len) || !text[len] || !strchr(" /:,>", text[len]))
			continue;
		*ret = protos[i];
		return len + (text[len] != '>');
	}
	*ret = SOCK_PROTO_TCP;
	return 0;
}

static int one_port(const struct reading *reading, const struct host_match *match,
		    const char *at, uint16_t *ret)
{
	if (match->ports.low != match->ports.high)
		return parse_fail(reading->error, column(reading, at),
				  "a packet has one port, not the range %u-%u", match->ports.low,
				  match->ports.high);
	if (!match->ports.low)
		return parse_fail(reading->error, column(reading, at), "no packet has the port 0");
	*ret = match->ports.low;
	return 0;
}

/* One end of @len bytes. @ret_match lives in the arena. */
static int read_end(struct reading *reading, const char *from, size_t len,
		    struct host_match *ret)
{
	char *copy = arena_dup(&reading->arena, from, len);

	if (!copy)
		return -ENOMEM;
	const struct host_match_text text = {.text = copy, .column = column(reading, from),
					     .names = reading->names};
	int err = host_match_parse(&text, &reading->arena, ret, reading->error);
	if (!err && (ret->kind != HOST_MATCH_INET || !ret->addrs))
		return parse_fail(reading->error, column(reading, from),
				  "expected ADDRESS:PORT, not '%s'", copy);
	const uint8_t most = !err && ret->addrs[0].family == ADDR_IPV4 ? 32 : 128;
	if (!err && ret->bits < most)
		return parse_fail(reading->error, column(reading, from),
				  "a packet has one address, not the network %s", copy);
	return err;
}

/* IPv4-mapped addresses are IPv4 on the wire. */
static struct addr on_wire(const struct host_match *match, size_t i)
{
	return addr_unmapped(&match->addrs[i]);
}

/* The first pair of one family. */
static bool choose(const struct host_match *source, const struct host_match *destination,
		   struct flow *flow)
{
	for (size_t d = 0; d < destination->n_addrs; d++)
		for (size_t s = 0; s < source->n_addrs; s++) {
			flow->destination = on_wire(destination, d);
			flow->source = on_wire(source, s);
			if (flow->source.family == flow->destination.family)
				return true;
		}
	return false;
}

static void trim(const char **from, size_t *len)
{
	while (*len && **from == ' ') {
		++*from;
		--*len;
	}
	while (*len && (*from)[*len - 1] == ' ')
		--*len;
}

static int read_source(struct reading *reading, const char *from, size_t len,
		       struct host_match *match, struct flow *flow)
{
	trim(&from, &len);
	if (!len)
		return 0;
	int err = read_end(reading, from, len, match);
	if (err || host_match_any_port(match))
		return err;
	return one_port(reading, match, from, &flow->source_port);
}

static int read_flow(struct reading *reading, struct flow *flow)
{
	const char *text = reading->text + strspn(reading->text, " ");
	struct host_match source = {}, destination = {};
	int err = 0;

	text += take_proto(text, &flow->proto);
	const char *arrow = strchr(text, '>'), *to = arrow ? arrow + 1 : text;
	if (arrow)
		err = read_source(reading, text,
				  (size_t)(arrow - text) - (arrow > text && arrow[-1] == '-'),
				  &source, flow);
	if (err)
		return err;
	size_t len = strlen(to);
	trim(&to, &len);
	if (!len)
		return parse_fail(reading->error, column(reading, to),
				  "expected the destination's ADDRESS:PORT");
	err = read_end(reading, to, len, &destination);
	if (err)
		return err;
	if (host_match_any_port(&destination))
		return parse_fail(reading->error, column(reading, to) + len,
				  "expected ':' and the destination's port");
	err = one_port(reading, &destination, to, &flow->destination_port);
	if (err)
		return err;
	flow->destination = on_wire(&destination, 0);
	if (source.n_addrs && !choose(&source, &destination, flow))
		return parse_fail(reading->error, column(reading, to),
				  "one end is IPv4 and the other IPv6");
	return 0;
}

int flow_parse(const char *text, const struct names *names, struct flow *ret,
	       struct parse_error *error)
{
	struct parse_error own = {};
	struct flow flow = {};
	struct reading reading = {.text = text, .names = names, .error = error ? error : &own};

	arena_init(&reading.arena);
	int err = read_flow(&reading, &flow);
	arena_release(&reading.arena);
	if (!err)
		*ret = flow;
	return err;
}

static void format_end(const struct addr *addr, uint16_t port, char *text)
{
	if (port) {
		addr_format_port(addr, port, text);
		return;
	}
	addr_format(addr, text);
}

char *flow_format(const struct flow *flow, char *text)
{
	char source[ADDR_TEXT_SIZE + 8] = "", destination[ADDR_TEXT_SIZE + 8];

	if (flow->source.family != ADDR_NONE)
		format_end(&flow->source, flow->source_port, source);
	format_end(&flow->destination, flow->destination_port, destination);
	snprintf(text, FLOW_TEXT_SIZE, "%s %s%s> %s", sock_proto_name(flow->proto), source,
		 *source ? " " : "", destination);
	return text;
}
