/* SPDX-License-Identifier: MIT */
/* The commands in the order of --help, and finding the one that was meant. */
#include "commands/command.h"
#include "commands/help.h"
#include "commands/meant.h"
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

/*
 * Options that every command may take can stand before it, as for git: "--from FILE list" becomes
 * "list --from FILE". False if a word stands there that is no command.
 */
static bool command_first(int argc, char **argv)
{
	const int at = options_end(&command_ports, argc, argv);

	if (at <= 1 || at == argc || !strcmp(argv[at], "--"))
		return true;
	char *word = argv[at];
	if (!strcmp(word, "help")) { /* needs none of them */
		memmove(argv + 1, argv + at, (size_t)(argc - at + 1) * sizeof(*argv));
		return true;
	}
	if (!command_find(word))
		return false;
	memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof(*argv));
	argv[1] = word;
	return true;
}

static int help(const char *about)
{
	const struct command *command = about ? command_find(about) : NULL;

	if (about && !command)
		return unknown_command(about);
	if (command)
		help_command(command);
	else
		help_all();
	return EXIT_YES;
}

int command_main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	if (!command_first(argc, argv))
		return unknown_command(argv[options_end(&command_ports, argc, argv)]);
	const char *first = argc > 1 ? argv[1] : NULL;
	if (first && (!strcmp(first, "--help") || !strcmp(first, "-h") || !strcmp(first, "help")))
		return help(argv[2]);
	if (first && (!strcmp(first, "--version") || !strcmp(first, "-V"))) {
		version_print(argc > 2 && (!strcmp(argv[2], "-v") || !strcmp(argv[2], "--verbose")));
		return EXIT_YES;
	}
	const struct command *command = first && *first != '-' ? command_find(first) : NULL;
	if (command)
		return command_run(command, argc - 1, argv + 1);
	if (first && *first != '-')
		return unknown_command(first);
	return command_run(&command_ports, argc, argv);
}
