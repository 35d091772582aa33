/* SPDX-License-Identifier: MIT */
/* /proc/net/{snmp,netstat,snmp6,xfrm_stat,stat/nf_conntrack} as one list of names and numbers. */
#include "sources/counters.h"
#include "base/array.h"
#include "base/auto.h"
#include "base/strbuf.h"
#include "core/case.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct counter_reading *add(struct counters *counters, const char *prefix, size_t prefix_len,
				   const char *name, size_t name_len)
{
	if (!array_grow(&counters->all, counters->n, &counters->room, sizeof(*counters->all)))
		return NULL;
	struct counter_reading *c = &counters->all[counters->n++];
	snprintf(c->name, sizeof(c->name), "%.*s.%.*s", (int)prefix_len, prefix, (int)name_len, name);
	c->value = 0;
	return c;
}

static size_t word_at(const char **at)
{
	while (**at == ' ' || **at == '\t')
		(*at)++;
	return strcspn(*at, " \t\n");
}

void counters_parse_pairs(struct counters *counters, const char *text)
{
	while (*text) {
		const char *names = text, *values = strchr(text, '\n');
		if (!values)
			return;
		values++;
		size_t head = strcspn(names, ":\n");
		if (names[head] != ':' || strncmp(names, values, head + 1))
			return;
		const char *next = strchr(values, '\n');
		const char *name = names + head + 1, *value = values + head + 1;
		for (;;) {
			size_t name_len = word_at(&name), value_len = word_at(&value);
			if (!name_len || !value_len)
				break;
			struct counter_reading *c = add(counters, names, head, name, name_len);
			if (c)
				c->value = strtoull(value, NULL, 10);
			name += name_len;
			value += value_len;
		}
		if (!next)
			return;
		text = next + 1;
	}
}

void counters_parse_lines(struct counters *counters, const char *prefix, const char *text)
{
	while (*text) {
		const char *name = text;
		size_t name_len = word_at(&name);
		const char *value = name + name_len;
		size_t value_len = word_at(&value);
		if (name_len && value_len) {
			/* snmp6 writes "Ip6InReceives": the protocol ends with the 6. */
			const char *six = memchr(name, '6', name_len);
			struct counter_reading *c;
			if (!*prefix && six)
				c = add(counters, name, (size_t)(six + 1 - name), six + 1,
					name_len - (size_t)(six + 1 - name));
			else
				c = add(counters, prefix, strlen(prefix), name, name_len);
			if (c)
				c->value = strtoull(value, NULL, 10);
		}
		text = strchr(text, '\n');
		if (!text)
			return;
		text++;
	}
}

void counters_parse_table(struct counters *counters, const char *prefix, const char *text)
{
	size_t first = counters->n, n = 0;
	const char *at = text;

	for (size_t len; (len = word_at(&at)) > 0; at += len, n++)
		if (!add(counters, prefix, strlen(prefix), at, len))
			return;
	while (*at == '\n') {
		at++;
		for (size_t i = 0, len; (len = word_at(&at)) > 0; at += len, i++)
			if (i < n)
				counters->all[first + i].value += strtoull(at, NULL, 16);
	}
}

static void read_file(const char *name, struct strbuf *text)
{
	char path[96];

	strbuf_clear(text);
	snprintf(path, sizeof(path), "/proc/thread-self/net/%s", name);
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	char part[4096];
	for (ssize_t got; (got = read(fd, part, sizeof(part))) > 0;)
		strbuf_add(text, part, (size_t)got);
}

void counters_read(struct counters *ret_counters)
{
	struct strbuf text = STRBUF_INIT;

	memset(ret_counters, 0, sizeof(*ret_counters));
	read_file("snmp", &text);
	counters_parse_pairs(ret_counters, text.text);
	read_file("netstat", &text);
	counters_parse_pairs(ret_counters, text.text);
	read_file("snmp6", &text);
	counters_parse_lines(ret_counters, "", text.text);
	read_file("xfrm_stat", &text);
	counters_parse_lines(ret_counters, "Xfrm", text.text);
	read_file("stat/nf_conntrack", &text);
	counters_parse_table(ret_counters, "conntrack", text.text);
	strbuf_release(&text);
}

void counters_release(struct counters *counters)
{
	free(counters->all);
	memset(counters, 0, sizeof(*counters));
}

/* The value of @name, searched from @hint on: both lists have nearly the same order. */
static uint64_t value_before(const struct counters *before, const char *name, size_t *hint)
{
	for (size_t k = 0; k < before->n; k++) {
		const size_t i = (*hint + k) % before->n;
		if (!strcmp(before->all[i].name, name)) {
			*hint = i + 1;
			return before->all[i].value;
		}
	}
	return 0; /* some lines (IcmpMsg) list only what has happened */
}

void counters_compare(struct arena *arena, struct place *place, const struct counters *before,
		      const struct counters *after)
{
	size_t hint = 0;

	place->known |= PLACE_COUNTERS;
	for (size_t i = 0; before->n && i < after->n; i++) {
		const struct counter_reading *now = &after->all[i];
		const uint64_t then = value_before(before, now->name, &hint);
		if (now->value <= then)
			continue;
		struct counter *c = arena_push(arena, &place->counters, &place->n_counters,
					       &place->room_counters, sizeof(*c));
		if (!c)
			return;
		c->name = arena_printf(arena, "%s", now->name);
		c->before = then;
		c->rose = now->value - then;
	}
}
