/* SPDX-License-Identifier: MIT */
/* Which columns a table of sockets has and what stands in them. */
#ifndef BERTH_COMMANDS_LIST_COLUMNS_H
#define BERTH_COMMANDS_LIST_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct field;
struct invocation;
struct snapshot;
struct sock;
struct strbuf;

enum { MAX_LIST_COLUMNS = 64 };

struct list_column {
	const char *title;
	const struct field *field; /* NULL: .add makes the text */
	/* Columns made of several fields: "nginx[812] fd 6, nginx[813] fd 6". */
	void (*add)(struct strbuf *text, const struct snapshot *snap, const struct sock *sock);
	uint32_t needs;
	bool right, cut, keep_end;
	bool names; /* -r: the port by its service's name */
	const char *absent; /* stands where there is no value */
};

struct list_columns {
	struct list_column columns[MAX_LIST_COLUMNS + 1];
	size_t n;
	bool names;  /* of services in the ends of sockets added from now on */
	bool chosen; /* by --columns, not only added to */
};

/* What to say of a column that there is not, with the one that is spelt most like it. EXIT_USAGE. */
int no_such_column(const struct invocation *inv, const char *name);

/* "process", "peer_process", or any field. False if there is none of that name. */
bool list_columns_add(struct list_columns *columns, const char *name);

/*
 * Fill in what --columns says: a list replaces @defaults (names separated by commas), a list that
 * begins with '+' adds to them. 0, or EXIT_USAGE after a message.
 */
int list_columns_parse(struct list_columns *columns, const char *defaults,
		       const struct invocation *inv);

/* The facts (enum fact) that the chosen columns look at. */
uint32_t list_columns_needs(const struct list_columns *columns);

/* What "process" draws. One process may hold a socket by several fds: they are named once, in a row. */
void list_add_processes(struct strbuf *text, const struct snapshot *snap, const struct sock *sock);

/* Append what the column says of @sock; several values with commas between. */
void list_column_add_text(const struct list_column *column, const struct snapshot *snap,
			  const struct sock *sock, struct strbuf *text);

#endif
