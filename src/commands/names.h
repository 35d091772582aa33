/* SPDX-License-Identifier: MIT */
/* The machine's names for users, services and hosts, for the parsers of core/. */
#ifndef BERTH_COMMANDS_NAMES_H
#define BERTH_COMMANDS_NAMES_H

/* Looks nothing up until a parser meets a name. */
extern const struct names machine_names;

#endif
