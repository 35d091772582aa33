/* SPDX-License-Identifier: MIT */
/* --help, from the command rows. */
#ifndef BERTH_COMMANDS_HELP_H
#define BERTH_COMMANDS_HELP_H

struct command;

void help_all(void);
void help_command(const struct command *command);

#endif
