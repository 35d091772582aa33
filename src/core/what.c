/* SPDX-License-Identifier: MIT */
/* Recognises the spelling of a WHAT; what_inet.c reads those with addresses and ports. */
#include "core/what.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/filter.h"
#include "core/names.h"
#include "core/parse_error.h"
#include "core/what_reading.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { COMM_MAX = 15, MAX_TEXT = 4096 }; /* TASK_COMM_LEN - 1 */

/* @text as a value of the filter language; wildcards stay unless @plain. */
static void add_value(struct strbuf *sb, const char *text, size_t len, bool plain)
{
	/* "and", "or" and "not" would be operators. */
	if (len <= 3 && text[0] != '*' && text[0] != '?')
		strbuf_add_char(sb, '\\');
	for (size_t i = 0; i < len; i++) {
		if (strchr(" \t\n\r()&|\"'\\", text[i]) || (plain && strchr("*?[]", text[i])))
			if (i || len > 3)
				strbuf_add_char(sb, '\\');
		strbuf_add_char(sb, text[i]);
	}
}

static bool is_service(const struct what_reading *reading, const char *word, uint16_t *ret_port)
{
	const struct names *names = reading->names;

	return names && names->service && names->service(names->data, word, ret_port);
}

/* A word: the name of a process, of a service, or of both. */
static int read_name(struct what_reading *reading, const char *word)
{
	struct strbuf *sb = &reading->filter;
	const size_t len = strlen(word);
	uint16_t port;

	if (reading->what->protos || reading->family)
		return what_read_ports(reading, word);
	reading->what->kind = WHAT_NAME;
	strbuf_add_text(sb, "comm = ");
	add_value(sb, word, len < COMM_MAX ? len : COMM_MAX, false);
	strbuf_add_text(sb, " or exe = */");
	add_value(sb, word, len, false);
	if (is_service(reading, word, &port)) {
		what_widen(reading->what, (struct port_range){port, port});
		strbuf_printf(sb, " or sport = %u", port);
	}
	return 0;
}

static int read_unix(struct what_reading *reading, const char *path)
{
	struct strbuf *sb = &reading->filter;

	reading->what->kind = WHAT_UNIX;
	reading->what->protos = PROTO_BIT(SOCK_PROTO_UNIX);
	strbuf_add_text(sb, "proto = unix path = ");
	add_value(sb, path, strlen(path), false);
	return 0;
}

static bool is_port_list(const char *text)
{
	return *text >= '0' && *text <= '9' && !text[strspn(text, "0123456789-,")];
}

static bool is_address(const char *text)
{
	const size_t len = strcspn(text, "/");
	char bare[ADDR_TEXT_SIZE];
	struct addr addr;

	if (*text == '[' || strchr(text, ':'))
		return true;
	if (len >= sizeof(bare))
		return false;
	memcpy(bare, text, len);
	bare[len] = '\0';
	return addr_parse(bare, &addr) || (text[len] && is_port_list(text + len + 1) &&
					   strspn(bare, "0123456789.") == len);
}

/* What is left when the protocol is known. */
static int read_rest(struct what_reading *reading, const char *text)
{
	if (!*text)
		return parse_fail(reading->error, what_column(reading, text), "expected a port");
	if (*text == '*' && text[1] == ':')
		text++;
	if (*text == ':' && text[1] != ':')
		return what_read_ports(reading, text + 1);
	if (is_port_list(text))
		return what_read_ports(reading, text);
	if (is_address(text))
		return what_read_address(reading, text, false);
	return read_name(reading, text);
}

/* lsof's "@host:port", if it is that and not an abstract UNIX name. */
static bool is_lsof_host(const struct what_reading *reading, const char *text)
{
	struct host_match match;
	const struct host_match_text host = {.text = text, .names = reading->names};
	struct arena arena;

	arena_init(&arena);
	const bool is = is_address(text) && !host_match_parse(&host, &arena, &match, NULL) &&
			match.n_addrs;
	arena_release(&arena);
	return is;
}

/* PROTO before the rest, with "/", ":" or "@" between. */
static int read_after_proto(struct what_reading *reading, const char *text)
{
	text += strspn(text, " ");
	if (*text == '@')
		return what_read_address(reading, text + 1, true);
	/* "tcp:8080", "tcp/8080", "tcp 8080", "tcp:[::1]:80". */
	if (*text == '/' || *text == ':')
		text++;
	return read_rest(reading, text);
}

/* "8080/tcp", "10.0.0.5:80/udp": takes the protocol off the end. */
static int read_before_proto(struct what_reading *reading, const char *text)
{
	const char *slash = strrchr(text, '/');
	size_t len = slash ? what_take_proto(reading, slash + 1) : 0;

	if (!len || slash[1 + len])
		return read_rest(reading, text);
	char *bare = arena_dup(&reading->arena, reading->typed, what_column(reading, slash) - 1);
	if (!bare)
		return -ENOMEM;
	const size_t at = what_column(reading, text) - 1;
	reading->typed = bare;
	return read_rest(reading, bare + at);
}

static const struct {
	const char *word, *first, *second; /* fields; the second may be NULL */
} words[] = {
	{"pid", "pid", NULL},
	{"unit", "unit", NULL},
	{"user", "user", "process_user"},
	{"uid", "uid", "process_uid"},
	{"container", "container", "container_name"},
	{"inode", "inode", NULL},
	{"cookie", "cookie", NULL},
	{"comm", "comm", NULL},
	{"process", "comm", NULL},
	{"exe", "exe", NULL},
	{"cmdline", "cmdline", NULL},
	{"slice", "slice", NULL},
	{"image", "image", NULL},
	{"pod", "pod", NULL},
	{"cgroup", "cgroup", "process_cgroup"},
	{"netns", "netns", NULL},
	{"device", "device", NULL},
	{"unix", "path", NULL},
};

/* "pid:4242": @value is behind the colon. */
static int read_field(struct what_reading *reading, size_t row, const char *value)
{
	struct strbuf *sb = &reading->filter;
	struct parse_error error = {};
	struct filter *filter = NULL;

	reading->what->kind = WHAT_FIELD;
	if (!*value)
		return parse_fail(reading->error, what_column(reading, value),
				  "expected a value after '%s:'", words[row].word);
	strbuf_printf(sb, "%s = ", words[row].first);
	add_value(sb, value, strlen(value), false);
	/* Tried here, where the column in the text is known. */
	const struct filter_context context = {.names = reading->names};
	int err = filter_parse(sb->text, &context, &filter, &error);
	filter_free(filter);
	if (err == -EINVAL)
		return parse_fail(reading->error, what_column(reading, value),
				  "'%s' is not what '%s:' takes%s", value, words[row].word,
				  strchr(error.text, ':'));
	if (!err && words[row].second) {
		strbuf_printf(sb, " or %s = ", words[row].second);
		add_value(sb, value, strlen(value), false);
	}
	return err;
}

static int read_what(struct what_reading *reading, const char *text)
{
	if (!*text)
		return parse_fail(reading->error, what_column(reading, text),
				  "expected a port, address, process or path");
	if (*text == '/' || !strncmp(text, "./", 2))
		return read_unix(reading, text);
	if (strchr(text, '>'))
		return what_read_connection(reading, text);
	for (size_t i = 0; i < N_ELEMENTS(words); i++) {
		const size_t len = strlen(words[i].word);
		if (!strncasecmp(text, words[i].word, len) && text[len] == ':')
			return read_field(reading, i, text + len + 1);
	}
	if (*text == '@')
		return is_lsof_host(reading, text + 1) ? what_read_address(reading, text + 1, true) :
							 read_unix(reading, text);
	const size_t proto = what_take_proto(reading, text);
	if (proto && text[proto])
		return read_after_proto(reading, text + proto);
	reading->what->protos = 0;
	reading->family = ADDR_NONE;
	return read_before_proto(reading, text);
}

static int parse(struct what_reading *reading, const char *text)
{
	size_t len = strlen(text);

	if (len > MAX_TEXT)
		return parse_fail(reading->error, MAX_TEXT + 1, "longer than any name can be");
	while (len && text[len - 1] == ' ')
		len--;
	char *copy = arena_dup(&reading->arena, text, len);
	reading->what->text = strdup(text);
	if (!copy || !reading->what->text)
		return -ENOMEM;
	reading->typed = copy;
	int err = read_what(reading, copy + strspn(copy, " "));
	if (err)
		return err;
	const struct filter_context context = {.names = reading->names};
	reading->what->filter_text = strbuf_detach(&reading->filter);
	if (!reading->what->filter_text)
		return -ENOMEM;
	/* Our own writing, so whatever is wrong with it is wrong with the whole text. */
	struct parse_error error = {};
	err = filter_parse(reading->what->filter_text, &context, &reading->what->filter, &error);
	if (err == -EINVAL)
		return parse_fail(reading->error, 1, "'%s' is too long or odd to look for", text);
	return err;
}

int what_parse(const char *text, const struct names *names, struct what **ret,
	       struct parse_error *error)
{
	AUTO(what_freep) struct what *what = calloc(1, sizeof(*what));
	struct parse_error own = {};

	if (!what)
		return -ENOMEM;
	struct what_reading reading = {
		.names = names,
		.error = error ? error : &own,
		.what = what,
		.filter = STRBUF_INIT,
	};
	arena_init(&reading.arena);
	int err = parse(&reading, text);
	strbuf_release(&reading.filter);
	arena_release(&reading.arena);
	if (err)
		return err;
	*ret = take(what);
	return 0;
}

void what_free(struct what *what)
{
	if (!what)
		return;
	filter_free(what->filter);
	free(what->filter_text);
	free(what->text);
	free(what);
}

const char *what_word(size_t nth)
{
	return nth < N_ELEMENTS(words) ? words[nth].word : NULL;
}

bool what_matches(const struct what *what, const struct snapshot *snap, const struct sock *sock)
{
	return filter_matches(what->filter, snap, sock);
}

void what_narrow(const struct what *what, struct request *request)
{
	filter_narrow(what->filter, request);
}
