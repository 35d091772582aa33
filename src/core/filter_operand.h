/* SPDX-License-Identifier: MIT */
/* One predicate of a filter: its operator and value made into a node. */
#ifndef BERTH_CORE_FILTER_OPERAND_H
#define BERTH_CORE_FILTER_OPERAND_H

#include <stdint.h>

#include "core/filter_lex.h"

struct field;
struct filter;
struct filter_context;
struct filter_node;
struct parse_error;

/* What the parser knows while it reads. */
struct filter_parser {
	struct filter_lexer lexer;
	struct filter *filter;
	const struct filter_context *context;
	struct parse_error *error;
	unsigned depth;
};

/* A zeroed node of @kind (enum filter_kind), or NULL. */
struct filter_node *filter_node_new(struct filter *filter, int kind);

/*
 * Read what follows the word @name (an operator and a value, or nothing) into @ret.
 * 0, -ENOMEM, or -EINVAL with the error set.
 */
int filter_predicate(struct filter_parser *parser, const struct filter_word *name,
		     struct filter_node **ret);

/* An operator and its value as read for the predicate @name; for the errors. */
struct filter_operand {
	const struct filter_word *name;
	enum filter_op op;	   /* OP_EQ where none was typed */
	struct filter_word op_word; /* .len 0 where none was typed */
	struct filter_word value;
	const char *plain; /* the value without its quotes */
};

/* "expected @what after 'sport ='" at the value; returns -EINVAL. */
int filter_expected(struct filter_parser *parser, const struct filter_operand *operand,
		    const char *what);

/* "FIELD OP VALUE" of a field that is no special predicate. Same results as filter_predicate(). */
int filter_field_predicate(struct filter_parser *parser, const struct field *field,
			   struct filter_operand *operand, struct filter_node **ret);

/* Numbers and ranges "80,443,8000-8100" under the operator as ranges of @node. 0 or an error. */
int filter_ranges(struct filter_parser *parser, const struct filter_operand *operand,
		  struct filter_node *node);

#endif
