/* SPDX-License-Identifier: MIT */
/* What the parts of 'berth lsof' share. */
#ifndef BERTH_COMMANDS_LIKE_LSOF_H
#define BERTH_COMMANDS_LIKE_LSOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

struct invocation;
struct output;
struct owner;
struct snapshot;
struct sock;
struct strbuf;
struct what;

enum { LSOF_MAX_ADDRESSES = 32, LSOF_MAX_NAMES = 64 };

struct lsof_address { /* -i */
	struct what *what; /* NULL: every socket of .protos */
	uint32_t protos;
	enum addr_family family; /* ADDR_NONE: both */
};

enum lsof_kind { /* what selects; -a wants all that are given */
	LSOF_INET,
	LSOF_UNIX,
	LSOF_PID,
	LSOF_USER,
	LSOF_COMMAND,
	N_LSOF_KINDS,
};

struct lsof_name { /* one of -p, -u, -c */
	enum lsof_kind kind;
	const char *text; /* not terminated */
	size_t len;
	bool excludes; /* ^ */
};

struct lsof {
	const struct invocation *inv;
	struct lsof_address addresses[LSOF_MAX_ADDRESSES];
	size_t n_addresses;
	struct lsof_name names[LSOF_MAX_NAMES];
	size_t n_names;
	bool given[N_LSOF_KINDS];
	bool all_of_them, port_names, login_names, with_parent;
	uint32_t states, not_states; /* -sTCP:...; 0: any */
	unsigned comm_width; /* +c; 0: whole */
	const char *fields; /* -F: letters; NULL: a table */
	const struct snapshot *snap;
	const struct owner **rows;
	size_t n_rows;
};

/* like_lsof_select.c: the options into @lsof, 0 or EXIT_USAGE; then its rows, 0 or -ENOMEM. */
int lsof_parse(struct lsof *lsof);
int lsof_choose_rows(struct lsof *lsof);
void lsof_release(struct lsof *lsof);

/* like_lsof_print.c: the last column, and the word for the state, as lsof writes them. */
void lsof_add_name(const struct lsof *lsof, const struct sock *sock, bool state, struct strbuf *text);
int lsof_print(const struct lsof *lsof, struct output *output);
/* like_lsof_fields.c: -F. */
const char *lsof_fields_wrong(const char *letters); /* NULL, or the first that is not supported */
void lsof_print_fields(const struct lsof *lsof, struct output *output);
const char *lsof_state_word(const struct sock *sock);
const char *lsof_type_word(const struct sock *sock);
const char *lsof_proto_word(const struct sock *sock);

#endif
