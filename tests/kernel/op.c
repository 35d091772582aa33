/* SPDX-License-Identifier: MIT */
/* Print the lines of a scenario. Reading them is in op_parse.c. */
#include "op.h"

const struct op_word op_option_words[] = {
	{OPT_REUSEADDR, "reuseaddr"}, {OPT_REUSEPORT, "reuseport"},
	{OPT_V6ONLY, "v6only"},	      {OPT_NO_PORT, "no-port"},
	{OPT_DEVICE, "device"},	      {OPT_RANGE, "range"},
	{OPT_FREEBIND, "freebind"},   {OPT_MULTICAST_ALL, "multicast-all"},
	{OPT_CPU, "incoming-cpu"},    {OPT_PROGRAM, "program"},
	{OPT_BROADCAST, "broadcast"}, {OPT_TRANSPARENT, "transparent"},
	{0, NULL},
};

const struct op_word op_host_words[] = {
	{OP_HOST_SYSTEM_BELOW, "system-below"},
	{OP_HOST_NONLOCAL, "nonlocal4"},
	{OP_HOST_NONLOCAL6, "nonlocal6"},
	{OP_HOST_AUTOBIND_REUSE, "autobind-reuse"},
	{0, NULL},
};

const char *op_option_word(uint16_t option)
{
	for (size_t i = 0; op_option_words[i].word; i++)
		if (op_option_words[i].value == option)
			return op_option_words[i].word;
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
	for (size_t i = 0; op_option_words[i].word; i++) {
		uint16_t option = op_option_words[i].value;
		if (!(op->options & option))
			continue;
		strbuf_printf(sb, " %s", op_option_words[i].word);
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
	for (size_t i = 0; op_host_words[i].word; i++)
		if (op_host_words[i].value == op->kind)
			strbuf_printf(sb, "host %s %u", op_host_words[i].word, op->value);
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
