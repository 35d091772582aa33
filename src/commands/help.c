/* SPDX-License-Identifier: MIT */
/* Prints the rows for people; the manual pages and completions print the same rows elsewhere. */
#include "commands/help.h"
#include "commands/command.h"
#include "commands/options.h"
#include "base/auto.h"

#include <stdio.h>
#include <string.h>

enum { OPTION_WIDTH = 26 };

static void print_option(const struct option_row *row, void *data)
{
	char left[80];
	const char *open = !row->arg ? "" : row->arg_optional ? "[=" : "=";
	int n = snprintf(left, sizeof(left), "  %c%c%s--%s%s%s%s", row->letter ? '-' : ' ',
			 row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name, open,
			 row->arg ? row->arg : "", row->arg && row->arg_optional ? "]" : "");

	if (n > OPTION_WIDTH)
		printf("%s\n%*s  %s\n", left, OPTION_WIDTH, "", row->help);
	else
		printf("%-*s  %s\n", OPTION_WIDTH, left, row->help);
}

static void print_examples(const char *examples)
{
	puts("\nExamples:");
	while (*examples) {
		const char *tab = strchr(examples, '\t');
		const char *end = strchr(examples, '\n');
		if (!tab || !end || tab > end)
			return;
		printf("  %-44.*s  %.*s\n", (int)(tab - examples), examples, (int)(end - tab - 1),
		       tab + 1);
		examples = end + 1;
	}
}

void help_command(const struct command *command)
{
	const bool is_default = !strcmp(command->name, "ports");

	printf("Usage: berth%s%s %s\n\n%s.\n", is_default ? "" : " ",
	       is_default ? "" : command->name, command->args, command->summary);
	if (command->help)
		printf("\n%s", command->help);
	puts("\nOptions:");
	options_foreach(command, print_option, NULL);
	if (command->examples)
		print_examples(command->examples);
}

void help_all(void)
{
	static const enum option_group shared[] = {OPTIONS_OUTPUT, OPTIONS_SNAPSHOT};

	puts("Usage: berth [COMMAND] [OPTIONS] [ARGUMENTS]\n\n"
	     "Who has this port, who gets this packet, and why doesn't it work.\n\n"
	     "Commands:");
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->hidden)
			printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
	puts("\nOptions of the commands that show sockets, before or behind the command:");
	for (size_t i = 0; i < N_ELEMENTS(shared); i++)
		for (const struct option_row *row = option_group_rows(shared[i]); row->name; row++)
			print_option(row, NULL);
	puts("\n'berth' alone lists the open ports. 'berth COMMAND --help' tells more.\n"
	     "Exit codes: 0 yes or works, 1 no or does not, 2 wrong usage, 3 could not find out.");
}
