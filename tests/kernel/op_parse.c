/* SPDX-License-Identifier: MIT */
/* Read a line of a scenario. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "op.h"

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
	char *percent = strchr(host, '%');
	if (percent && !(percent[1] >= '0' && percent[1] <= '9')) {
		unsigned index = if_nametoindex(percent + 1); /* in the laboratory it is the same */
		snprintf(percent + 1, (size_t)(text + sizeof(text) - percent - 1), "%u",
			 index ? index : 2);
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
	for (size_t i = 0; op_host_words[i].word; i++)
		if (!strcmp(what, op_host_words[i].word)) {
			op->kind = (uint8_t)op_host_words[i].value;
			return next_number(w, &op->value);
		}
	return -EINVAL;
}

static uint16_t option_of(const char *word)
{
	for (size_t i = 0; op_option_words[i].word; i++)
		if (!strcmp(word, op_option_words[i].word))
			return op_option_words[i].value;
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
	if (!w.n || (w.n == 3 && !strcmp(w.word[0], "host") && !strcmp(w.word[1], "device")))
		return 0; /* devices come with their addresses */
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
