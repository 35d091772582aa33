/* SPDX-License-Identifier: MIT */
/*
 * Text from outside made safe to print: process names, UNIX paths and units may hold any byte.
 * Control bytes, DEL, the C1 controls, invalid UTF-8 and backslashes become \n, \t, \xHH ...;
 * whole printable UTF-8 passes. The result is valid UTF-8 of one line.
 */
#ifndef BERTH_BASE_ESCAPE_H
#define BERTH_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

/* Length of the valid UTF-8 sequence at @text (1 to 4), 0 if there is none within @len. */
size_t utf8_length(const char *text, size_t len);

/* True if @len bytes may go to a terminal as they are. */
bool escape_is_plain(const char *text, size_t len);

void escape_add(struct strbuf *sb, const char *text, size_t len);

/* Append the bytes that escape_add() made @text of. False if it could not have made it. */
bool escape_undo(struct strbuf *sb, const char *text, size_t len);

#endif
