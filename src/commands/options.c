/* SPDX-License-Identifier: MIT */
/* getopt_long() fed from the option rows; its own messages are replaced by ours. */
#include "commands/options.h"
#include "commands/meant.h"
#include "base/auto.h"
#include "base/escape.h"
#include "base/strbuf.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OPTIONS = 128, LONG_BASE = 256 };

static const struct option_row output_rows[] = {
	{"json", 0, NULL, false, "print one JSON document", NULL},
	{"ndjson", 0, NULL, false, "print one JSON record a line", NULL},
	{"no-headings", 'H', NULL, false, "leave out the heading line", NULL},
	{"color", 0, "WHEN", true, "colour: auto, always or never (NO_COLOR is honoured)",
	 "auto always never"},
	{"no-pager", 0, NULL, false, "never start $PAGER, even when the answer exceeds the screen",
	 NULL},
	{},
};

static const struct option_row columns_rows[] = {
	{"columns", 0, "LIST", false, "columns to show, separated by commas (+NAME adds one)",
	 "@columns"},
	{"sort", 0, "COLUMN", false, "sort by this column (-COLUMN: descending)", "@columns"},
	{},
};

static const struct option_row snapshot_rows[] = {
	{"from", 0, "FILE", false, "answer from a recording made by 'berth save'", "@file"},
	{"netns", 0, "NAME", false, "network namespace: self, all, a name, a pid or an inode",
	 "@netns"},
	{"source", 0, "NAME", false, "force how sockets are read: bpf, sock_diag or proc",
	 "bpf sock_diag proc"},
	{"how", 0, NULL, false, "say on stderr by which means each fact was found", NULL},
	{},
};

static const struct option_row help_rows[] = {
	{"help", 'h', NULL, false, "show this help", NULL},
	{},
};

const struct option_row *option_group_rows(enum option_group group)
{
	switch (group) {
	case OPTIONS_OUTPUT:
		return output_rows;
	case OPTIONS_COLUMNS:
		return columns_rows;
	case OPTIONS_SNAPSHOT:
		return snapshot_rows;
	}
	return help_rows;
}

void options_foreach(const struct command *command,
		     void (*visit)(const struct option_row *row, void *data), void *data)
{
	static const struct option_row none = {};
	const struct option_row *lists[] = {
		command->options ? command->options : &none,
		command->groups & OPTIONS_COLUMNS ? columns_rows : &none,
		command->groups & OPTIONS_OUTPUT ? output_rows : &none,
		command->groups & OPTIONS_SNAPSHOT ? snapshot_rows : &none,
		help_rows,
	};

	for (size_t i = 0; i < N_ELEMENTS(lists); i++)
		for (const struct option_row *row = lists[i]; row->name; row++)
			visit(row, data);
}

/* What getopt_long() wants, built from the rows. */
struct parser {
	const struct option_row *rows[MAX_OPTIONS];
	struct option longs[MAX_OPTIONS + 1];
	char shorts[3 * MAX_OPTIONS + 4];
	size_t n;
	size_t n_shorts;
};

static void parser_add(const struct option_row *row, void *data)
{
	struct parser *parser = data;
	const size_t i = parser->n;

	if (i >= MAX_OPTIONS)
		return;
	for (size_t k = 0; k < i; k++)
		if (!strcmp(parser->rows[k]->name, row->name))
			return; /* a command's own row stands before a group's */
	parser->rows[i] = row;
	parser->longs[i] = (struct option){
		.name = row->name,
		.has_arg = !row->arg	      ? no_argument
			   : row->arg_optional ? optional_argument
					       : required_argument,
		.val = LONG_BASE + (int)i,
	};
	parser->n++;
	for (size_t k = 0; k < i && row->letter; k++)
		if (parser->rows[k]->letter == row->letter)
			return;
	if (row->letter) {
		parser->shorts[parser->n_shorts++] = row->letter;
		if (row->arg)
			parser->shorts[parser->n_shorts++] = ':';
		if (row->arg && row->arg_optional)
			parser->shorts[parser->n_shorts++] = ':';
	}
}

static const struct option_row *parser_row(const struct parser *parser, int found)
{
	if (found >= LONG_BASE)
		return parser->rows[found - LONG_BASE];
	for (size_t i = 0; i < parser->n; i++)
		if (parser->rows[i]->letter == found)
			return parser->rows[i];
	return NULL;
}

/* getopt leaves optopt and optind in different states for its several complaints. */
static int complain(const struct invocation *inv, const struct parser *parser, int found,
		    char *const *argv)
{
	const struct option_row *row = optopt ? parser_row(parser, optopt) : NULL;

	if (found == ':' && row)
		return usage_error(inv, "--%s needs a value: %s", row->name, row->arg);
	if (row)
		return usage_error(inv, "--%s takes no value", row->name);
	if (!optopt || optopt >= LONG_BASE)
		return unknown_option(inv, argv[optind - 1], 0);
	/* behind its last letter a word is the one before */
	const bool at_end = !argv[optind] || !strchr(argv[optind], optopt);
	return unknown_option(inv, argv[at_end ? optind - 1 : optind], (char)optopt);
}

/*
 * Which operand is the first behind "--"? getopt has moved the operands before it to its right, but
 * its place in the original order tells how many words followed it.
 */
static int find_command(const struct invocation *inv, char *const *original, int argc)
{
	const char *last = inv->operands[-1];

	if (strcmp(last, "--") != 0)
		return -1;
	for (int i = 1; i < argc; i++)
		if (original[i] == last)
			return inv->n_operands - (argc - 1 - i);
	return -1;
}

/* Does the option @word take the next word as its value? -1: there is no such option. */
static int takes_next(const struct parser *parser, const char *word)
{
	if (!strncmp(word, "--", 2)) {
		const size_t len = strcspn(word + 2, "=");
		for (size_t i = 0; i < parser->n; i++) /* an abbreviation will do, as for getopt */
			if (!strncmp(parser->rows[i]->name, word + 2, len))
				return parser->longs[i].has_arg == required_argument && !word[2 + len];
		return -1;
	}
	for (word++; *word; word++) {
		const struct option_row *row = parser_row(parser, (unsigned char)*word);
		if (!row)
			return -1;
		if (row->arg)
			return !row->arg_optional && !word[1];
	}
	return 0;
}

int options_end(const struct command *command, int argc, char *const *argv)
{
	struct parser parser = {};
	int at = 1;

	options_foreach(command, parser_add, &parser);
	while (at < argc && argv[at][0] == '-' && argv[at][1] && strcmp(argv[at], "--") != 0) {
		const int next = takes_next(&parser, argv[at]);
		if (next < 0)
			return argc;
		at += 1 + next;
	}
	return at < argc ? at : argc;
}

int invocation_parse(struct invocation *inv, const struct command *command, int argc, char **argv)
{
	struct parser parser = {.shorts = ":", .n_shorts = 1};

	*inv = (struct invocation){.command = command};
	if (command->stops_at_operand) {
		parser.shorts[0] = '+';
		parser.shorts[1] = ':';
		parser.n_shorts = 2;
	}
	options_foreach(command, parser_add, &parser);
	size_t room = 1; /* every option takes at least a letter */
	for (int i = 1; i < argc; i++)
		room += strlen(argv[i]);
	inv->seen = calloc(room, sizeof(*inv->seen));
	if (!inv->seen)
		return failure(inv, "out of memory");
	AUTO(freep) char **original = malloc((size_t)(argc + 1) * sizeof(*original));
	if (!original)
		return failure(inv, "out of memory");
	memcpy(original, argv, (size_t)(argc + 1) * sizeof(*original));
	opterr = 0;
	optind = 0; /* GNU: start afresh */
	for (int found; (found = getopt_long(argc, argv, parser.shorts, parser.longs, NULL)) != -1;) {
		if (found == '?' || found == ':')
			return complain(inv, &parser, found, argv);
		inv->seen[inv->n_seen++] =
			(struct option_seen){parser_row(&parser, found), optarg};
	}
	inv->operands = argv + optind;
	inv->n_operands = argc - optind;
	inv->command_at = find_command(inv, original, argc);
	return 0;
}

void invocation_release(struct invocation *inv)
{
	free(inv->seen);
	inv->seen = NULL;
}

const char *option_value(const struct invocation *inv, const char *name)
{
	for (size_t i = inv->n_seen; i-- > 0;)
		if (!strcmp(inv->seen[i].row->name, name))
			return inv->seen[i].value;
	return NULL;
}

bool option_given(const struct invocation *inv, const char *name)
{
	for (size_t i = 0; i < inv->n_seen; i++)
		if (!strcmp(inv->seen[i].row->name, name))
			return true;
	return false;
}

static void message(const struct invocation *inv, const char *format, va_list args)
{
	AUTO(strbuf_release) struct strbuf raw = STRBUF_INIT, safe = STRBUF_INIT;
	va_list again;

	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	if (len >= 0 && strbuf_reserve(&raw, (size_t)len + 1)) {
		vsnprintf(raw.text, (size_t)len + 1, format, again);
		escape_add(&safe, raw.text, (size_t)len);
	}
	va_end(again);
	const char *name = inv && inv->command && inv->command != &command_ports
				   ? inv->command->name : "";
	fprintf(stderr, "berth%s%s: %s\n", *name ? " " : "", name, safe.text);
}

int usage_error(const struct invocation *inv, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(inv, format, args);
	va_end(args);
	return EXIT_USAGE;
}

int failure(const struct invocation *inv, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(inv, format, args);
	va_end(args);
	return EXIT_UNKNOWN;
}
