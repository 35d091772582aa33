/* SPDX-License-Identifier: MIT */
/* One line for a word that is no command or no option: what was wrong and what may have been meant. */
#ifndef BERTH_COMMANDS_MEANT_H
#define BERTH_COMMANDS_MEANT_H

struct command;
struct invocation;

/* Each prints it and returns EXIT_USAGE. */
int unknown_command(const char *word);
/* @word as typed: "--colums", "--colums=pid" or "-Z"; of "-tlZ" the @letter is unknown. */
int unknown_option(const struct invocation *inv, const char *word, char letter);

#endif
