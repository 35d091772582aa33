/* SPDX-License-Identifier: MIT */
/* Ports, addresses and connections of a WHAT, written down as a filter. */
#include "core/what_reading.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/host_match.h"
#include "core/parse_error.h"
#include "core/what.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *word;
	uint32_t protos;
} proto_words[] = {
	/* Those that others begin with stand behind them. */
	{"tcp", PROTO_BIT(SOCK_PROTO_TCP)},
	{"udplite", PROTO_BIT(SOCK_PROTO_UDPLITE)},
	{"udp", PROTO_BIT(SOCK_PROTO_UDP)},
	{"raw", PROTO_BIT(SOCK_PROTO_RAW)},
};

/* "tcp", "6tcp" or "tcp6" at @text, with .protos and .family set; its length, or 0. */
size_t what_take_proto(struct what_reading *reading, const char *text)
{
	const char *at = text;
	char digit = *at == '4' || *at == '6' ? *at++ : 0;

	for (size_t i = 0; i < N_ELEMENTS(proto_words); i++) {
		const size_t len = strlen(proto_words[i].word);
		if (strncasecmp(at, proto_words[i].word, len))
			continue;
		at += len;
		if (!digit && (*at == '4' || *at == '6'))
			digit = *at++;
		if (*at && !strchr("/:@ ,", *at))
			return 0;
		reading->what->protos = proto_words[i].protos;
		if (digit)
			reading->family = digit == '4' ? ADDR_IPV4 : ADDR_IPV6;
		return (size_t)(at - text);
	}
	return 0;
}

/* What goes before the rest: which protocols and family. Ports need some. */
static void add_protos(struct what_reading *reading, bool ports)
{
	const char *between = "( ";

	if (reading->family)
		strbuf_printf(&reading->filter, "family = %s ",
			      reading->family == ADDR_IPV4 ? "inet" : "inet6");
	if (!reading->what->protos && !ports)
		return;
	if (!reading->what->protos)
		reading->what->protos = PROTOS_WITH_PORTS;
	for (unsigned proto = 0; proto < N_SOCK_PROTOS; proto++)
		if (reading->what->protos & PROTO_BIT(proto)) {
			strbuf_printf(&reading->filter, "%sproto = %s ", between,
				      sock_proto_name((enum sock_proto)proto));
			between = "or ";
		}
	strbuf_add_text(&reading->filter, ") ");
}

void what_widen(struct what *what, struct port_range ports)
{
	if (!what->has_ports || ports.low < what->ports.low)
		what->ports.low = ports.low;
	if (!what->has_ports || ports.high > what->ports.high)
		what->ports.high = ports.high;
	what->has_ports = true;
	if (what->n_ranges < WHAT_MAX_RANGES)
		what->ranges[what->n_ranges++] = ports;
}

static int no_port_zero(struct what_reading *reading, const char *at)
{
	return parse_fail(reading->error, what_column(reading, at),
			  "0 is no port: it asks the kernel to pick one");
}

/* "80,http,8000-8100" at @list, which stands for the whole rest. */
int what_read_ports(struct what_reading *reading, const char *list)
{
	add_protos(reading, true);
	strbuf_add_text(&reading->filter, "sport = ");
	for (const char *at = list;; at++) {
		const size_t len = strcspn(at, ",");
		char *one = arena_dup(&reading->arena, at, len);
		struct port_range ports;
		if (!one)
			return -ENOMEM;
		if (!len)
			return parse_fail(reading->error, what_column(reading, at), "expected a port");
		const struct host_match_text text = {
			.text = one, .column = what_column(reading, at), .names = reading->names};
		int err = host_match_parse_ports(&text, &ports, reading->error);
		if (err)
			return err;
		if (!ports.low && ports.high != UINT16_MAX)
			return no_port_zero(reading, at);
		if (reading->what->n_ranges == WHAT_MAX_RANGES)
			return parse_fail(reading->error, what_column(reading, at),
					  "more than %d ports or ranges in one word", WHAT_MAX_RANGES);
		what_widen(reading->what, ports);
		strbuf_printf(&reading->filter, at == list ? "%u-%u" : ",%u-%u", ports.low,
			      ports.high);
		at += len;
		if (!*at)
			return 0;
	}
}

/* "src 10.0.0.5:80-80" of one address of @match; @word is "src" or "dst". */
static void add_end(struct strbuf *sb, const char *word, const struct host_match *match,
		    const struct addr *addr)
{
	char text[ADDR_TEXT_SIZE];

	strbuf_printf(sb, "%s %s%s%s", word, addr->family == ADDR_IPV6 ? "[" : "",
		      addr_format(addr, text), addr->family == ADDR_IPV6 ? "]" : "");
	if (match->bits < (addr->family == ADDR_IPV4 ? 32 : 128))
		strbuf_printf(sb, "/%u", match->bits);
	if (!host_match_any_port(match))
		strbuf_printf(sb, ":%u-%u", match->ports.low, match->ports.high);
	strbuf_add_char(sb, ' ');
}

/* Whoever took the ports on every address holds them on this one too. */
static void add_wildcards(struct strbuf *sb, const struct host_match *match, uint8_t family)
{
	const unsigned low = match->ports.low, high = match->ports.high;

	strbuf_add_text(sb, "or ( dport = 0 ( ");
	if (family == ADDR_IPV4)
		strbuf_printf(sb, "src inet:0.0.0.0:%u-%u or ( not v6only src inet6:[::]:%u-%u ) ",
			      low, high, low, high);
	else
		strbuf_printf(sb, "src inet6:[::]:%u-%u ", low, high);
	strbuf_add_text(sb, ") ) ");
}

/* ADDRESS[/PREFIX][:PORT] or HOST:PORT at @text; @either: lsof's '@' means both ends. */
int what_read_address(struct what_reading *reading, const char *text, bool either)
{
	struct host_match match;
	const struct host_match_text host = {
		.text = text, .column = what_column(reading, text), .names = reading->names};
	struct strbuf *sb = &reading->filter;
	int err = host_match_parse(&host, &reading->arena, &match, reading->error);

	if (err)
		return err;
	if (match.kind != HOST_MATCH_INET || !match.n_addrs)
		return parse_fail(reading->error, what_column(reading, text),
				  "expected an address, not '%s'", text);
	const bool ports = !host_match_any_port(&match);
	if (ports && !match.ports.low)
		return no_port_zero(reading, strrchr(text, ':') + 1);
	reading->what->kind = WHAT_ADDRESS;
	if (ports)
		what_widen(reading->what, match.ports);
	if (match.n_addrs == 1)
		reading->what->addr = match.addrs[0];
	add_protos(reading, ports);
	strbuf_add_text(sb, "( ");
	for (size_t i = 0; i < match.n_addrs; i++) {
		const struct addr *addr = &match.addrs[i];
		if (i)
			strbuf_add_text(sb, "or ");
		add_end(sb, "src", &match, addr);
		if (either) {
			strbuf_add_text(sb, "or ");
			add_end(sb, "dst", &match, addr);
		}
		if (ports && match.bits >= (addr->family == ADDR_IPV4 ? 32 : 128))
			add_wildcards(sb, &match, addr->family);
	}
	strbuf_add_text(sb, ")");
	return 0;
}

/* One end of a connection, at @word ("src" or "dst") and the other way round. */
static int read_end(struct what_reading *reading, const char *from, size_t len,
		    struct host_match *ret)
{
	while (len && from[0] == ' ')
		from++, len--;
	while (len && from[len - 1] == ' ')
		len--;
	char *copy = arena_dup(&reading->arena, from, len);
	if (!copy)
		return -ENOMEM;
	if (!len)
		return parse_fail(reading->error, what_column(reading, from), "expected ADDRESS:PORT");
	const struct host_match_text text = {
		.text = copy, .column = what_column(reading, from), .names = reading->names};
	int err = host_match_parse(&text, &reading->arena, ret, reading->error);
	if (!err && ret->kind != HOST_MATCH_INET && ret->kind != HOST_MATCH_ANY)
		return parse_fail(reading->error, what_column(reading, from), "expected ADDRESS:PORT");
	return err;
}

static void add_ends(struct strbuf *sb, const char *word, const struct host_match *match)
{
	if (!match->n_addrs) {
		strbuf_printf(sb, "%s = %u-%u ", *word == 's' ? "sport" : "dport",
			      match->ports.low, match->ports.high);
		return;
	}
	strbuf_add_text(sb, "( ");
	for (size_t i = 0; i < match->n_addrs; i++) {
		if (i)
			strbuf_add_text(sb, "or ");
		add_end(sb, word, match, &match->addrs[i]);
	}
	strbuf_add_text(sb, ") ");
}

int what_read_connection(struct what_reading *reading, const char *text)
{
	struct strbuf *sb = &reading->filter;
	struct host_match local = {}, remote = {};

	reading->what->kind = WHAT_CONNECTION;
	const size_t proto = what_take_proto(reading, text);
	text += proto;
	if (proto && *text && strchr("/:,", *text))
		text++;
	const char *arrow = strchr(text, '>');
	const size_t len = (size_t)(arrow - text) - (arrow > text && arrow[-1] == '-');
	int err = read_end(reading, text, len, &local);
	if (!err)
		err = read_end(reading, arrow + 1, strlen(arrow + 1), &remote);
	if (err)
		return err;
	add_protos(reading, true);
	strbuf_add_text(sb, "( ");
	add_ends(sb, "src", &local);
	add_ends(sb, "dst", &remote);
	strbuf_add_text(sb, "or ");
	add_ends(sb, "src", &remote);
	add_ends(sb, "dst", &local);
	strbuf_add_text(sb, ")");
	return 0;
}
