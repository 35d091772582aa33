/* SPDX-License-Identifier: MIT */
/* The filter of `berth list`: the operands joined by spaces, or the file that -F names. */
#include "commands/list.h"
#include "commands/command.h"
#include "commands/names.h"
#include "base/auto.h"
#include "base/strbuf.h"
#include "core/filter.h"
#include "core/names.h"
#include "core/parse_error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_FILTER_BYTES = 1 << 20 };

static int read_file(const struct invocation *inv, const char *path, struct strbuf *text)
{
	const bool is_stdin = !strcmp(path, "-");
	AUTO(fclosep) FILE *file = is_stdin ? fdopen(STDIN_FILENO, "r") : fopen(path, "re");
	char chunk[4096];
	size_t n;

	if (!file)
		return usage_error(inv, "cannot open %s: %s", path, strerror(errno));
	while ((n = fread(chunk, 1, sizeof(chunk), file)) && text->len < MAX_FILTER_BYTES)
		strbuf_add(text, chunk, n);
	if (ferror(file))
		return usage_error(inv, "cannot read %s: %s", path, strerror(errno));
	if (text->len >= MAX_FILTER_BYTES || strlen(text->text) != text->len)
		return usage_error(inv, "%s is not a filter", path);
	return 0;
}

/* What a HOST that names no family means: ss's -f, where the last one counts. */
static enum host_match_default family_of(const struct list *list)
{
	switch (list->select.families) {
	case LIST_IPV4:
		return HOST_MATCH_DEFAULT_INET;
	case LIST_IPV6:
		return HOST_MATCH_DEFAULT_INET6;
	case LIST_FAMILY_UNIX:
		return HOST_MATCH_DEFAULT_UNIX;
	case LIST_FAMILY_PACKET:
		return HOST_MATCH_DEFAULT_LINK;
	case LIST_FAMILY_NETLINK:
		return HOST_MATCH_DEFAULT_NETLINK;
	}
	return HOST_MATCH_DEFAULT_NONE;
}

int list_filter_parse(struct list *list)
{
	const struct invocation *inv = list->inv;
	const char *path = option_value(inv, "filter");
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	struct parse_error error = {};
	int code = path ? read_file(inv, path, &text) : 0;

	if (code)
		return code;
	for (int i = 0; i < inv->n_operands; i++) {
		if (text.len)
			strbuf_add_char(&text, ' ');
		strbuf_add_text(&text, inv->operands[i]);
	}
	if (!text.len)
		return 0;
	const struct filter_context context = {names_for(inv), family_of(list)};
	int result = filter_parse(text.text, &context, &list->filter, &error);
	if (result == -EINVAL)
		return usage_error(inv, "filter: %s", error.text);
	return result ? failure(inv, "%s", strerror(-result)) : 0;
}
