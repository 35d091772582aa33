/* SPDX-License-Identifier: MIT */
/*
 * Prints manual pages (scdoc) and shell completions from the rows that the program itself reads:
 *	gen_docs man [COMMAND] | bash | zsh | fish | commands
 */
#include "gen_completions.h"
#include "base/auto.h"
#include "commands/command.h"
#include "commands/options.h"
#include "core/fields.h"

#include <stdio.h>
#include <string.h>

static bool is_default(const struct command *command)
{
	return !strcmp(command->name, "ports");
}

/* scdoc takes \ before any punctuation as "this very character". */
static void scd(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr("\\*_#.-|~<>[]`'", text[i]))
			putchar('\\');
		putchar(text[i]);
	}
}

static void scd_text(const char *text)
{
	scd(text, strlen(text));
}

/*
 * A paragraph as one line: a line that began with a quote would be a macro to roff. Empty lines stay.
 */
static void scd_paragraphs(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n' && text[1] && text[1] != '\n' && text[-1] != '\n')
			putchar(' ');
		else
			scd(text, 1);
	}
}

static void man_option(const struct option_row *row, void *data)
{
	printf("\n");
	if (row->letter)
		printf("*-%c*, ", row->letter);
	printf("*--");
	scd_text(row->name);
	printf("*");
	if (row->arg) {
		printf(row->arg_optional ? "[=" : "=");
		printf("_");
		scd_text(row->arg);
		printf(row->arg_optional ? "_]" : "_");
	}
	printf("\n\t");
	scd_text(row->help);
	printf("\n");
}

static void man_examples(const char *at)
{
	printf("\n# EXAMPLES\n");
	while (*at) {
		const char *tab = strchr(at, '\t'), *end = strchr(at, '\n');
		if (!tab || !end || tab > end)
			return;
		printf("\n*");
		scd(at, (size_t)(tab - at));
		printf("*\n\t");
		scd(tab + 1, (size_t)(end - tab - 1));
		printf("\n");
		at = end + 1;
	}
}

static void man_columns(void)
{
	printf("\n# COLUMNS\n\nNames for *--columns* and *--sort*, in filters, and as keys in JSON.\n");
	for (size_t i = 0; fields[i]; i++) {
		printf("\n*");
		scd_text(fields[i]->name);
		printf("*\n\t");
		scd_text(fields[i]->help);
		printf("\n");
	}
}

static void man_exit_codes(void)
{
	puts("\n# EXIT STATUS\n\n*0*\n\tyes: found, works\n\n*1*\n\tno: not found, does not work\n\n"
	     "*2*\n\twrong usage\n\n*3*\n\tcould not find out");
}

static void man_command(const struct command *command)
{
	printf("berth-%s(1)\n\n# NAME\n\nberth-%s - ", command->name, command->name);
	scd_text(command->summary);
	printf("\n\n# SYNOPSIS\n\n*berth%s%s* ", is_default(command) ? "" : " ",
	       is_default(command) ? "" : command->name);
	scd_text(command->args);
	printf("\n");
	if (command->help) {
		printf("\n# DESCRIPTION\n\n");
		scd_paragraphs(command->help);
	}
	printf("\n# OPTIONS\n");
	options_foreach(command, man_option, NULL);
	if (command->groups & OPTIONS_COLUMNS)
		man_columns();
	man_exit_codes();
	if (command->examples)
		man_examples(command->examples);
	printf("\n# SEE ALSO\n\n*berth*(1)\n");
}

static void man_program(void)
{
	puts("berth(1)\n\n# NAME\n\nberth - who has this port, who gets this packet, and why doesn't it work\n\n"
	     "# SYNOPSIS\n\n*berth* \\[COMMAND\\] \\[OPTIONS\\] \\[ARGUMENTS\\]\n\n# DESCRIPTION\n\n"
	     "Without a command, *berth* lists the ports that are open on this machine, with their owners.\n"
	     "Each command has a page of its own.\n\n# COMMANDS");
	for (size_t i = 0; commands[i] && !commands[i]->hidden; i++) {
		printf("\n*berth-%s*(1)\n\t", commands[i]->name);
		scd_text(commands[i]->summary);
		printf("\n");
	}
	printf("\n# OPTIONS\n\nOf the commands that show sockets; they may stand before the command too.\n");
	options_foreach(&command_ports, man_option, NULL);
	man_exit_codes();
	puts("\n# ENVIRONMENT\n\n*NO\\_COLOR*\n\tno colour unless *--color=always*\n\n"
	     "*PAGER*\n\twhat shows long output on a terminal\n\n# SEE ALSO\n\n"
	     "*ss*(8), *lsof*(8), *fuser*(1), *bind*(2), *connect*(2), *ip*(7), *tcp*(7), *udp*(7)");
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const struct command *command = argc > 2 ? find(argv[2]) : NULL;

	if (!strcmp(what, "man") && command)
		man_command(command);
	else if (!strcmp(what, "man") && argc == 2)
		man_program();
	else if (!strcmp(what, "bash"))
		gen_bash();
	else if (!strcmp(what, "zsh"))
		gen_zsh();
	else if (!strcmp(what, "fish"))
		gen_fish();
	else if (!strcmp(what, "commands"))
		for (size_t i = 0; commands[i]; i++) {
			if (!commands[i]->hidden)
				puts(commands[i]->name);
		}
	else
		return 2;
	return 0;
}
