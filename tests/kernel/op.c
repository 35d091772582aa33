/* SPDX-License-Identifier: MIT */
/* Print and read the lines of a scenario. */
#include "op.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"

static const struct option_word {
	uint16_t option;
	const char *word;
} option_words[] = {
	{OPT_REUSEADDR, "reuseaddr"}, {OPT_REUSEPORT, "reuseport"},
	{OPT_V6ONLY, "v6only"},	      {OPT_NO_PORT, "no-port"},
	{OPT_DEVICE, "device"},	      {OPT_RANGE, "range"},
	{OPT_FREEBIND, "freebind"},   {OPT_MULTICAST_ALL, "multicast-all"},
	{OPT_CPU, "incoming-cpu"},    {OPT_PROGRAM, "program"},
	{OPT_BROADCAST, "broadcast"}, {OPT_TRANSPARENT, "transparent"},
};

static const struct host_word {
	uint8_t kind;
	const char *word;
} host_words[] = {
	{OP_HOST_SYSTEM_BELOW, "system-below"},
	{OP_HOST_NONLOCAL, "nonlocal4"},
	{OP_HOST_NONLOCAL6, "nonlocal6"},
	{OP_HOST_AUTOBIND_REUSE, "autobind-reuse"},
};

const char *op_option_word(uint16_t option)
{
	for (size_t i = 0; i < N_ELEMENTS(option_words); i++)
		if (option_words[i].option == option)
			return option_words[i].word;
	return "?";
}

static void print_place(const struct addr *addr, uint16_t port, struct strbuf *sb)
{
	char text[ADDR_TEXT_SIZE + 8];

	strbuf_add_text(sb, addr_format_port(addr, port, text));
}

static void print_socket(const struct op *op, struct strbuf *sb)
{
	strbuf_printf(sb, "%c = socket %s %s", 'a' + op->name, op->udp ? "udp" : "tcp",
		      op->inet6 ? "inet6" : "inet");
	if (op->value)
		strbuf_printf(sb, " uid %u", op->value);
	for (size_t i = 0; i < N_ELEMENTS(option_words); i++) {
		uint16_t option = option_words[i].option;
		if (!(op->options & option))
			continue;
		strbuf_printf(sb, " %s", option_words[i].word);
		if (option == OPT_DEVICE)
			strbuf_printf(sb, " %s", op->device);
		if (option == OPT_RANGE)
			strbuf_printf(sb, " %u-%u", op->low, op->high);
		if (option == OPT_CPU)
			strbuf_printf(sb, " %u", op->cpu);
	}
}

static void print_set(const struct op *op, struct strbuf *sb)
{
	strbuf_printf(sb, "set %c %s ", 'a' + op->name, op_option_word(op->options));
	if (op->options == OPT_DEVICE)
		strbuf_add_text(sb, op->device[0] ? op->device : "off");
	else if (op->options == OPT_RANGE)
		strbuf_printf(sb, "%u-%u", op->low, op->high);
	else if (op->options == OPT_CPU)
		strbuf_printf(sb, "%u", op->cpu);
	else
		strbuf_add_text(sb, op->on ? "on" : "off");
}

static void print_host(const struct op *op, struct strbuf *sb)
{
	char text[ADDR_TEXT_SIZE];

	if (op->kind == OP_HOST_ADDRESS)
		strbuf_printf(sb, "host address %s/%d %s", addr_format(&op->local, text),
			      op->local.family == ADDR_IPV4 ? 24 : 64, op->device);
	else if (op->kind == OP_HOST_RANGE)
		strbuf_printf(sb, "host range %u-%u", op->low, op->high);
	else if (op->kind == OP_HOST_RESERVED && op->low != op->high)
		strbuf_printf(sb, "host reserved %u-%u", op->low, op->high);
	else if (op->kind == OP_HOST_RESERVED)
		strbuf_printf(sb, "host reserved %u", op->low);
	for (size_t i = 0; i < N_ELEMENTS(host_words); i++)
		if (host_words[i].kind == op->kind)
			strbuf_printf(sb, "host %s %u", host_words[i].word, op->value);
}

static void print_deliver(const struct op *op, struct strbuf *sb)
{
	strbuf_printf(sb, "deliver %s ", op->udp ? "udp" : "tcp");
	print_place(&op->remote, op->remote_port, sb);
	strbuf_add_text(sb, " > ");
	print_place(&op->local, op->port, sb);
	if (op->device[0])
		strbuf_printf(sb, " dev %s", op->device);
}

void op_print(const struct op *op, struct strbuf *sb)
{
	char name = (char)('a' + op->name), text[ADDR_TEXT_SIZE];

	switch ((enum op_kind)op->kind) {
	case OP_HOST_ADDRESS: case OP_HOST_RANGE: case OP_HOST_RESERVED:
	case OP_HOST_SYSTEM_BELOW: case OP_HOST_NONLOCAL: case OP_HOST_NONLOCAL6:
	case OP_HOST_AUTOBIND_REUSE:
		print_host(op, sb);
		break;
	case OP_SOCKET:
		print_socket(op, sb);
		break;
	case OP_SET:
		print_set(op, sb);
		break;
	case OP_BIND:
		strbuf_printf(sb, "bind %c ", name);
		print_place(&op->local, op->port, sb);
		if (op->options & OPT_UNPRIVILEGED)
			strbuf_add_text(sb, " unprivileged");
		break;
	case OP_LISTEN:
		strbuf_printf(sb, "listen %c", name);
		break;
	case OP_CONNECT:
		strbuf_printf(sb, "connect %c ", name);
		print_place(&op->remote, op->remote_port, sb);
		break;
	case OP_DISCONNECT:
		strbuf_printf(sb, "disconnect %c", name);
		break;
	case OP_ACCEPT:
		strbuf_printf(sb, "%c = accept %c", name, 'a' + op->from);
		if (op->value)
			strbuf_printf(sb, " uid %u", op->value);
		break;
	case OP_SHUTDOWN:
		strbuf_printf(sb, "shutdown %c%s", name, op->options & OPT_WRITE ? " write" : "");
		break;
	case OP_CLOSE:
		strbuf_printf(sb, "close %c%s", name, op->options & OPT_LINGER0 ? " linger0" : "");
		break;
	case OP_EXPIRE:
		strbuf_printf(sb, "expire %c", name);
		break;
	case OP_JOIN:
		strbuf_printf(sb, "join %c %s %s", name, addr_format(&op->local, text), op->device);
		break;
	case OP_DELIVER:
		print_deliver(op, sb);
		break;
	}
	strbuf_add_char(sb, '\n');
}

enum { MAX_WORDS = 24 };

struct words {
	char *word[MAX_WORDS];
	int n, at;
};

static const char *next_word(struct words *w)
{
	return w->at < w->n ? w->word[w->at++] : "";
}

static int next_number(struct words *w, uint32_t *ret)
{
	char *end;
	const char *word = next_word(w);
	unsigned long value = strtoul(word, &end, 10);

	if (!*word || *end)
		return -EINVAL;
	*ret = (uint32_t)value;
	return 0;
}

static int next_name(struct words *w, int8_t *ret)
{
	const char *word = next_word(w);

	if (word[0] < 'a' || word[0] > 'z' || word[1])
		return -EINVAL;
	*ret = (int8_t)(word[0] - 'a');
	return 0;
}

/* "A:P", "[A]:P" or, with no @ret_port, "A". */
static int next_place(struct words *w, struct addr *ret, uint16_t *ret_port)
{
	char text[ADDR_TEXT_SIZE + 8], *host = text;

	if (snprintf(text, sizeof(text), "%s", next_word(w)) >= (int)sizeof(text))
		return -EINVAL;
	if (ret_port) {
		char *colon = strrchr(text, ':');
		if (!colon)
			return -EINVAL;
		*colon = '\0';
		*ret_port = (uint16_t)atoi(colon + 1);
	}
	if (host[0] == '[' && host[strlen(host) - 1] == ']') {
		host[strlen(host) - 1] = '\0';
		host++;
	}
	return addr_parse(host, ret) ? 0 : -EINVAL;
}

static int next_range(struct words *w, struct op *op)
{
	unsigned low, high;
	const char *word = next_word(w);
	int n = sscanf(word, "%u-%u", &low, &high);

	if (n < 1)
		return -EINVAL;
	op->low = (uint16_t)low;
	op->high = (uint16_t)(n == 2 ? high : low);
	return 0;
}

static void next_device(struct words *w, struct op *op)
{
	snprintf(op->device, sizeof(op->device), "%s", next_word(w));
}

static int parse_host(struct words *w, struct op *op)
{
	const char *what = next_word(w);

	if (!strcmp(what, "address")) {
		op->kind = OP_HOST_ADDRESS;
		if (w->at < w->n)
			w->word[w->at][strcspn(w->word[w->at], "/")] = '\0';
		if (next_place(w, &op->local, NULL))
			return -EINVAL;
		next_device(w, op);
		return 0;
	}
	if (!strcmp(what, "range") || !strcmp(what, "reserved")) {
		op->kind = !strcmp(what, "range") ? OP_HOST_RANGE : OP_HOST_RESERVED;
		return next_range(w, op);
	}
	for (size_t i = 0; i < N_ELEMENTS(host_words); i++)
		if (!strcmp(what, host_words[i].word)) {
			op->kind = host_words[i].kind;
			return next_number(w, &op->value);
		}
	return -EINVAL;
}

static uint16_t option_of(const char *word)
{
	for (size_t i = 0; i < N_ELEMENTS(option_words); i++)
		if (!strcmp(word, option_words[i].word))
			return option_words[i].option;
	return 0;
}

static int parse_socket(struct words *w, struct op *op)
{
	op->kind = OP_SOCKET;
	op->udp = !strcmp(next_word(w), "udp");
	op->inet6 = !strcmp(next_word(w), "inet6");
	while (w->at < w->n) {
		const char *word = next_word(w);
		uint16_t option = option_of(word);
		if (!strcmp(word, "uid")) {
			if (next_number(w, &op->value))
				return -EINVAL;
			continue;
		}
		if (!option)
			return -EINVAL;
		op->options |= option;
		if (option == OPT_DEVICE)
			next_device(w, op);
		if (option == OPT_RANGE && next_range(w, op))
			return -EINVAL;
		if (option == OPT_CPU)
			op->cpu = (uint8_t)atoi(next_word(w));
	}
	return 0;
}

static int parse_set(struct words *w, struct op *op)
{
	op->kind = OP_SET;
	if (next_name(w, &op->name))
		return -EINVAL;
	op->options = option_of(next_word(w));
	if (op->options == OPT_RANGE)
		return next_range(w, op);
	if (op->options == OPT_DEVICE) {
		next_device(w, op);
		if (!strcmp(op->device, "off"))
			op->device[0] = '\0';
		return 0;
	}
	if (op->options == OPT_CPU)
		op->cpu = (uint8_t)atoi(next_word(w));
	else
		op->on = strcmp(next_word(w), "off") != 0;
	return op->options ? 0 : -EINVAL;
}

static int parse_deliver(struct words *w, struct op *op)
{
	op->kind = OP_DELIVER;
	op->udp = !strcmp(next_word(w), "udp");
	if (next_place(w, &op->remote, &op->remote_port) || strcmp(next_word(w), ">") ||
	    next_place(w, &op->local, &op->port))
		return -EINVAL;
	if (!strcmp(next_word(w), "dev"))
		next_device(w, op);
	return 0;
}

static int parse_assignment(struct words *w, struct op *op)
{
	const char *what;

	next_name(w, &op->name);
	next_word(w); /* = */
	what = next_word(w);
	if (!strcmp(what, "socket"))
		return parse_socket(w, op);
	if (strcmp(what, "accept") || next_name(w, &op->from))
		return -EINVAL;
	op->kind = OP_ACCEPT;
	if (!strcmp(next_word(w), "uid"))
		return next_number(w, &op->value);
	return 0;
}

static int parse_named(const char *verb, struct words *w, struct op *op)
{
	static const struct {
		const char *verb;
		uint8_t kind;
	} verbs[] = {{"bind", OP_BIND},		  {"listen", OP_LISTEN},
		     {"connect", OP_CONNECT},	  {"disconnect", OP_DISCONNECT},
		     {"shutdown", OP_SHUTDOWN},	  {"close", OP_CLOSE},
		     {"expire", OP_EXPIRE},	  {"join", OP_JOIN}};
	size_t i = 0;

	while (i < N_ELEMENTS(verbs) && strcmp(verbs[i].verb, verb))
		i++;
	if (i == N_ELEMENTS(verbs) || next_name(w, &op->name))
		return -EINVAL;
	op->kind = verbs[i].kind;
	if (op->kind == OP_CONNECT)
		return next_place(w, &op->remote, &op->remote_port);
	if (op->kind == OP_BIND && next_place(w, &op->local, &op->port))
		return -EINVAL;
	if (op->kind == OP_JOIN) {
		if (next_place(w, &op->local, NULL))
			return -EINVAL;
		next_device(w, op);
	}
	const char *more = next_word(w);
	if (!strcmp(more, "unprivileged"))
		op->options |= OPT_UNPRIVILEGED;
	if (!strcmp(more, "linger0"))
		op->options |= OPT_LINGER0;
	if (!strcmp(more, "write"))
		op->options |= OPT_WRITE;
	return 0;
}

int op_parse(const char *line, struct op *ret)
{
	char text[512], *save = NULL;
	struct words w = {.n = 0};
	struct op op = {.kind = OP_SOCKET};
	int r;

	if (snprintf(text, sizeof(text), "%s", line) >= (int)sizeof(text))
		return -EINVAL;
	text[strcspn(text, "#\n")] = '\0';
	for (char *word = strtok_r(text, " \t", &save); word && w.n < MAX_WORDS;
	     word = strtok_r(NULL, " \t", &save))
		w.word[w.n++] = word;
	if (!w.n || !strcmp(w.word[0], "chose"))
		return 0;
	if (w.n > 2 && !strcmp(w.word[1], "="))
		r = parse_assignment(&w, &op);
	else if (w.at++, !strcmp(w.word[0], "host"))
		r = parse_host(&w, &op);
	else if (!strcmp(w.word[0], "set"))
		r = parse_set(&w, &op);
	else if (!strcmp(w.word[0], "deliver"))
		r = parse_deliver(&w, &op);
	else
		r = parse_named(w.word[0], &w, &op);
	if (r)
		return r;
	*ret = op;
	return 1;
}
