/* SPDX-License-Identifier: MIT */
/* The commands in the order of --help, and finding the one that was meant. */
#include "commands/command.h"
#include "commands/help.h"
#include "commands/options.h"
#include "commands/version.h"
#include "base/auto.h"

#include <locale.h>
#include <string.h>

/* +1: a command is its file with the row, and one line here. */
#define COMMANDS(X)	\
	X(ports)	\
	X(list)		\
	X(who)		\
	X(port)		\
	X(save)		\
	X(why)		\
	X(trace)	\
	X(gets)		\
	X(free)		\
	X(wait)		\
	X(model)	\
	X(ss)		\
	X(lsof)		\
	X(fuser)	\
	X(complete)

#define DECLARE(name) extern const struct command command_##name;
COMMANDS(DECLARE)
#undef DECLARE

#define ROW(name) &command_##name,
const struct command *const commands[] = {COMMANDS(ROW) NULL};
#undef ROW

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int command_run(const struct command *command, int argc, char **argv)
{
	AUTO(invocation_release) struct invocation inv;
	int code = invocation_parse(&inv, command, argc, argv);

	if (code)
		return code;
	if (option_given(&inv, "help")) {
		help_command(command);
		return EXIT_YES;
	}
	return command->run(&inv);
}

int command_main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	const char *first = argc > 1 ? argv[1] : NULL;
	if (first && (!strcmp(first, "--help") || !strcmp(first, "-h") || !strcmp(first, "help"))) {
		const struct command *about = argc > 2 ? command_find(argv[2]) : NULL;
		if (argc > 2 && !about)
			return usage_error(NULL, "no command '%s'; see 'berth --help'", argv[2]);
		if (about)
			help_command(about);
		else
			help_all();
		return EXIT_YES;
	}
	if (first && (!strcmp(first, "--version") || !strcmp(first, "-V"))) {
		version_print(argc > 2 && (!strcmp(argv[2], "-v") || !strcmp(argv[2], "--verbose")));
		return EXIT_YES;
	}
	const struct command *command = first && *first != '-' ? command_find(first) : NULL;
	if (command)
		return command_run(command, argc - 1, argv + 1);
	if (first && *first != '-')
		return usage_error(NULL, "no command '%s'; see 'berth --help'", first);
	command = command_find("ports");
	if (command)
		return command_run(command, argc, argv);
	help_all();
	return EXIT_USAGE;
}
