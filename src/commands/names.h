/* SPDX-License-Identifier: MIT */
/* The machine's names for users, services and hosts, for the parsers of core/. */
#ifndef BERTH_COMMANDS_NAMES_H
#define BERTH_COMMANDS_NAMES_H

struct invocation;

/* Looks nothing up until a parser meets a name. */
extern const struct names machine_names;

/* Those for a question about this machine or, with --from, about another whose users we do not know. */
const struct names *names_for(const struct invocation *inv);

#endif
