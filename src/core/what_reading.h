/* SPDX-License-Identifier: MIT */
/* A WHAT while it is read: shared by what.c and what_inet.c. */
#ifndef BERTH_CORE_WHAT_READING_H
#define BERTH_CORE_WHAT_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/strbuf.h"
#include "core/host.h"

struct names;
struct parse_error;
struct what;

/* Where the parser is in the text, and what it has found out. */
struct what_reading {
	const char *typed; /* the start, for columns */
	const struct names *names;
	struct parse_error *error;
	struct arena arena;
	struct what *what;
	struct strbuf filter;
	uint8_t family; /* ADDR_NONE: not said */
};

/* Of the byte at @at, for errors. */
static inline size_t what_column(const struct what_reading *reading, const char *at)
{
	return (size_t)(at - reading->typed) + 1;
}

/*
 * "tcp", "6tcp" or "tcp6" at @text, ended by the text's end or one of "/:@ ,"; sets the protocol
 * and family. Its length, or 0.
 */
size_t what_take_proto(struct what_reading *reading, const char *text);

/* These ports are among those meant. */
void what_widen(struct what *what, struct port_range ports);

/* All read the rest of the text into the filter; 0, -ENOMEM, or -EINVAL with the error set. */

/* "80,http,8000-8100". */
int what_read_ports(struct what_reading *reading, const char *list);
/* ADDRESS[/PREFIX][:PORTS] or HOST:PORTS; @either: of the local or the remote end. */
int what_read_address(struct what_reading *reading, const char *text, bool either);
/* "[PROTO] A:P > B:Q"; holds a '>'. */
int what_read_connection(struct what_reading *reading, const char *text);

#endif
