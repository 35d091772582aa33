/* SPDX-License-Identifier: MIT */
/* Finds the host that a command line speaks of. */
#ifndef BERTH_PROBE_COMMAND_WORDS_H
#define BERTH_PROBE_COMMAND_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The first host name (no address) among the words "name:port", "scheme://name[:port]/...",
 * "user@name" or a plain name with a dot; false if there is none.
 */
bool command_name(char *const *words, char *name, size_t size);

#endif
