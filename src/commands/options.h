/* SPDX-License-Identifier: MIT */
/* Turns argv into an invocation by a command's option rows. */
#ifndef BERTH_COMMANDS_OPTIONS_H
#define BERTH_COMMANDS_OPTIONS_H

#include "commands/command.h"

extern const struct command command_ports; /* berth alone */

/* Rows of the groups a command takes, ended by .name = NULL. */
const struct option_row *option_group_rows(enum option_group group);

/* Call @visit for each option of @command, its own first, then those of its groups, then --help. */
void options_foreach(const struct command *command,
		     void (*visit)(const struct option_row *row, void *data), void *data);

/*
 * Index of the first word of argv[1..] that is no option of @command, nor an option's value. @argc:
 * there is none, or an option is unknown.
 */
int options_end(const struct command *command, int argc, char *const *argv);

/*
 * Parse argv[1..]; @argv[0] is ignored. 0, or EXIT_USAGE after printing one line. Release with
 * invocation_release() in either case.
 */
int invocation_parse(struct invocation *inv, const struct command *command, int argc, char **argv);
void invocation_release(struct invocation *inv);

#endif
