/* SPDX-License-Identifier: MIT */
/* Reads the conditions that matter to a port out of nftables rules; others are not told. */
#include "core/forward.h"
#include "base/numbers.h"
#include "core/nft.h"
#include "core/sock.h"

#include <string.h>

enum { MAX_RANGES = 64 };

struct reading {
	struct forward forward;
	struct port_range ranges[MAX_RANGES];
	size_t n_ranges;
	bool has_target;
	bool undecided; /* a condition on ports that could not be read: then nothing is claimed */
};

const char *forward_kind_name(enum forward_kind kind)
{
	switch (kind) {
	case FORWARD_DNAT:
		return "dnat";
	case FORWARD_REDIRECT:
		return "redirect";
	case FORWARD_TPROXY:
		return "tproxy";
	case FORWARD_IPVS:
		return "ipvs";
	case FORWARD_SK_LOOKUP:
		return "sk_lookup";
	}
	return "";
}

bool forward_takes(const struct forward *forward, uint8_t proto, uint16_t port)
{
	return (forward->proto == SOCK_PROTO_OTHER || forward->proto == proto) &&
	       port >= forward->ports.low && port <= forward->ports.high;
}

static void add_range(struct reading *reading, int64_t low, int64_t high)
{
	if (low < 0 || high > UINT16_MAX || low > high || reading->n_ranges == MAX_RANGES)
		reading->undecided = true;
	else
		reading->ranges[reading->n_ranges++] =
			(struct port_range){(uint16_t)low, (uint16_t)high};
}

/* 80, {"range":[80,90]}, {"set":[80, {"range":...}]}, "@named": the last is not followed. */
static void read_ports(const struct json_value *value, struct reading *reading)
{
	const struct json_value *range = json_get(value, "range");
	const struct json_value *set = json_get(value, "set");

	if (value->kind == JSON_NUMBER)
		add_range(reading, value->number, value->number);
	else if (range && range->first && range->first->next)
		add_range(reading, range->first->number, range->first->next->number);
	else if (set && set->kind == JSON_ARRAY)
		json_foreach(element, set)
			read_ports(element, reading);
	else
		reading->undecided = true;
}

static void read_proto(const char *name, struct reading *reading)
{
	if (name && !strcmp(name, "tcp"))
		reading->forward.proto = SOCK_PROTO_TCP;
	else if (name && !strcmp(name, "udp"))
		reading->forward.proto = SOCK_PROTO_UDP;
}

static void read_match(const struct json_value *match, struct reading *reading)
{
	const struct json_value *payload = json_get(json_get(match, "left"), "payload");
	const struct json_value *right = json_get(match, "right");
	const char *field = json_get_text(payload, "field");
	const char *op = json_get_text(match, "op");

	if (!field || !right)
		return;
	const bool equal = op && !strcmp(op, "==");
	if (!strcmp(field, "dport")) {
		read_proto(json_get_text(payload, "protocol"), reading);
		if (equal)
			read_ports(right, reading);
		else
			reading->undecided = true;
	} else if (!strcmp(field, "daddr") && equal && json_is_text(right)) {
		addr_parse(right->text, &reading->forward.address);
	} else if (!strcmp(field, "protocol") && equal && json_is_text(right)) {
		read_proto(right->text, reading);
	}
}

/* "addr", "port" of dnat, redirect, tproxy; a map or random target stays unread. */
static void read_target(const struct json_value *target, enum forward_kind kind,
			struct reading *reading)
{
	const struct json_value *port = json_get(target, "port");
	const struct json_value *range = json_get(port, "range");
	const char *text = json_get_text(target, "addr");

	reading->has_target = true;
	reading->forward.kind = kind;
	if (text)
		addr_parse(text, &reading->forward.to);
	if (port && port->kind == JSON_NUMBER && port->number > 0 && port->number <= UINT16_MAX)
		reading->forward.to_ports = (struct port_range){(uint16_t)port->number,
								(uint16_t)port->number};
	else if (range && range->first && range->first->next)
		reading->forward.to_ports =
			(struct port_range){(uint16_t)range->first->number,
					    (uint16_t)range->first->next->number};
}

/* iptables-nft hides its target in a blob; nft's text of the rule may tell: "dnat to 1.2.3.4:80". */
static void read_text(const char *rule, struct reading *reading)
{
	const char *at = rule ? strstr(rule, " to ") : NULL;
	char address[ADDR_TEXT_SIZE];
	uint64_t port;

	if (!at)
		return;
	at += 4;
	const bool brackets = *at == '[';
	size_t len = strcspn(at += brackets, brackets ? "]" : ": \n");
	if (len < sizeof(address)) {
		memcpy(address, at, len);
		address[len] = '\0';
		addr_parse(address, &reading->forward.to);
	}
	at += len + (brackets && at[len] == ']');
	if (*at == ':' && parse_u64_n(at + 1, strspn(at + 1, "0123456789"), UINT16_MAX, &port))
		reading->forward.to_ports = (struct port_range){(uint16_t)port, (uint16_t)port};
}

static void read_xt(const struct json_value *xt, const char *text, struct reading *reading)
{
	const char *name = json_get_text(xt, "name");

	if (!name)
		return;
	if (!strcmp(name, "DNAT"))
		reading->forward.kind = FORWARD_DNAT;
	else if (!strcmp(name, "REDIRECT"))
		reading->forward.kind = FORWARD_REDIRECT;
	else if (!strcmp(name, "TPROXY"))
		reading->forward.kind = FORWARD_TPROXY;
	else
		return;
	reading->has_target = true;
	read_text(text, reading);
}

static void read_rule(const struct nft_ruleset *ruleset, const struct nft_chain *chain,
		      const struct json_value *rule, struct reading *reading)
{
	const char *text = nft_rule_text(ruleset, chain,
					 (uint64_t)json_get_number(rule, "handle", 0));

	json_foreach(statement, json_get(rule, "expr")) {
		const struct json_value *match = json_get(statement, "match");
		const struct json_value *dnat = json_get(statement, "dnat");
		const struct json_value *redirect = json_get(statement, "redirect");
		const struct json_value *tproxy = json_get(statement, "tproxy");
		const struct json_value *xt = json_get(statement, "xt");
		if (match)
			read_match(match, reading);
		else if (dnat)
			read_target(dnat, FORWARD_DNAT, reading);
		else if (redirect)
			read_target(redirect, FORWARD_REDIRECT, reading);
		else if (tproxy)
			read_target(tproxy, FORWARD_TPROXY, reading);
		else if (xt)
			read_xt(xt, text, reading);
	}
}

int forward_from_nft(const struct nft_ruleset *ruleset,
		     int (*add)(const struct forward *forward, void *data), void *data)
{
	int stop = 0;

	for (size_t i = 0; i < ruleset->n_chains; i++) {
		const struct nft_chain *chain = &ruleset->chains[i];
		for (size_t k = 0; k < chain->n_rules && !stop; k++) {
			struct reading reading = {.forward = {.proto = SOCK_PROTO_OTHER}};
			read_rule(ruleset, chain, chain->rules[k], &reading);
			if (!reading.has_target || reading.undecided)
				continue;
			if (!reading.n_ranges)
				add_range(&reading, 0, UINT16_MAX);
			reading.forward.own_traffic = chain->hook && !strcmp(chain->hook, "output");
			reading.forward.by = arena_printf(
				ruleset->arena, "nft %s %s %s, handle %lld", chain->family, chain->table,
				chain->name, (long long)json_get_number(chain->rules[k], "handle", 0));
			for (size_t r = 0; r < reading.n_ranges && !stop; r++) {
				reading.forward.ports = reading.ranges[r];
				stop = add(&reading.forward, data);
			}
		}
	}
	return stop;
}
