/* SPDX-License-Identifier: MIT */
/* Cuts a filter into words and operators. */
#ifndef BERTH_CORE_FILTER_LEX_H
#define BERTH_CORE_FILTER_LEX_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

enum filter_token {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_NOT,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_WORD, /* the name of a predicate; ends before any operator */
	TOKEN_STRAY, /* an operator or quote where none can stand */
};

enum filter_op { OP_NONE, OP_EQ, OP_NE, OP_GT, OP_LT, OP_GE, OP_LE, OP_HAS, OP_HASNOT };

struct filter_lexer {
	const char *text; /* NUL-terminated */
	size_t at;
};

/* Text from the filter; .text points into it. */
struct filter_word {
	const char *text;
	size_t len;
	size_t column;
};

/* The next token, and where it is; advances. */
enum filter_token filter_next(struct filter_lexer *lexer, struct filter_word *ret);

/* An operator ("=", "eq", "!=" ...) if one is next; OP_NONE otherwise, without advancing. */
enum filter_op filter_next_op(struct filter_lexer *lexer, struct filter_word *ret);

/*
 * A value: runs to white space, "(", ")", "|" or "&", but for what stands in quotes or behind a
 * backslash. @ret_word is as typed. False if there is none, or it is a bare "and", "or" or "not".
 */
bool filter_next_value(struct filter_lexer *lexer, struct filter_word *ret);

/*
 * @word with quotes removed, NUL-terminated, in @arena. With @as_pattern, a '\' stays before
 * wildcards that were quoted, so that they are plain. NULL: no memory.
 */
char *filter_unquote(const struct filter_word *word, bool as_pattern, struct arena *arena);

#endif
