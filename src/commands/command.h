/* SPDX-License-Identifier: MIT */
/*
 * What the user types: one const row a command, one const row an option. Help, manual and shell
 * completion are printed from the same rows.
 */
#ifndef BERTH_COMMANDS_COMMAND_H
#define BERTH_COMMANDS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes of every command. */
enum exit_code {
	EXIT_YES = 0,	 /* found, works */
	EXIT_NO = 1,	 /* not found, does not work */
	EXIT_USAGE = 2,	 /* the call was wrong */
	EXIT_UNKNOWN = 3, /* could not find out */
};

struct option_row {
	const char *name;   /* long name without dashes */
	char letter;	    /* 0: none */
	const char *arg;    /* NULL: takes no value; else its name: "FILE" */
	bool arg_optional;  /* --color, --color=always */
	const char *help;
	const char *values; /* words to complete, or "@columns" "@netns" "@file" ...; NULL: none */
};

enum option_group {
	OPTIONS_OUTPUT = 1 << 0,   /* --json --ndjson --no-headings --color */
	OPTIONS_COLUMNS = 1 << 1,  /* --columns --sort */
	OPTIONS_SNAPSHOT = 1 << 2, /* --from --netns --source --how */
};

struct invocation;

struct command {
	const char *name;
	const char *args;	/* "[FLAGS] [FILTER]" */
	const char *summary;	/* one line, no full stop */
	const char *help;	/* paragraphs for --help and the manual */
	const char *examples;	/* "command\tWhat it answers\n..." */
	const struct option_row *options; /* ends with .name = NULL; or NULL */
	uint32_t groups;	/* enum option_group */
	bool hidden;		/* for scripts of our own: not in --help, no manual */
	bool stops_at_operand;	/* options end at the first operand (berth why -- COMMAND) */
	const char *operands;	/* what operands complete to: "@what", "@file" ...; NULL: nothing */
	int (*run)(const struct invocation *inv); /* returns an enum exit_code */
};

struct option_seen {
	const struct option_row *row;
	const char *value; /* NULL: none given */
};

struct invocation {
	const struct command *command;
	struct option_seen *seen; /* in order */
	size_t n_seen;
	char **operands; /* ends with NULL */
	int n_operands;
	int command_at; /* index of the first operand behind "--"; -1: there was no "--" */
};

extern const struct command *const commands[]; /* in the order of --help; ends with NULL */

int command_main(int argc, char **argv);

/* Was --name given? The last value of --name, or NULL. */
bool option_given(const struct invocation *inv, const char *name);
const char *option_value(const struct invocation *inv, const char *name);

/*
 * Read --name as a number (decimal or 0x...) or as a duration (base/duration.h) within bounds;
 * where it is not given @ret stays as it is. 0, or EXIT_USAGE after a message.
 */
int option_number(const struct invocation *inv, const char *name, uint64_t least, uint64_t most,
		  uint64_t *ret);
int option_duration(const struct invocation *inv, const char *name, uint64_t least_ms,
		    uint64_t most_ms, uint64_t *ret_ms);

/* "berth list: " and the message, one line, on stderr, escaped; returns EXIT_USAGE. */
int usage_error(const struct invocation *inv, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same for a failure to find out; returns EXIT_UNKNOWN. */
int failure(const struct invocation *inv, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
