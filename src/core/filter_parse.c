/* SPDX-License-Identifier: MIT */
/* The grammar: or, and, not, parentheses and states; predicates are read by filter_operand.c. */
#include "core/filter.h"
#include "base/auto.h"
#include "core/facts.h"
#include "core/filter_operand.h"
#include "core/filter_tree.h"
#include "core/parse_error.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

enum { MAX_DEPTH = 100 }; /* of parentheses and nots: bounds the stack here and when matching */

static bool is(const struct filter_word *word, const char *text)
{
	return word->len == strlen(text) && !strncasecmp(word->text, text, word->len);
}

/* The states of one word ("listening", "connected" ...) as bits; 0 if there is no such word. */
static uint32_t filter_state_bits(const struct filter_word *word)
{
	/* As in ss; a socket that is only bound is as unconnected as a closed one. */
	const uint32_t idle = STATE_BIT(SOCK_STATE_CLOSE) | STATE_BIT(SOCK_STATE_LISTEN) |
			      STATE_BIT(SOCK_STATE_BOUND_INACTIVE) | STATE_BIT(SOCK_STATE_UNKNOWN);
	const uint32_t syn_recv =
		STATE_BIT(SOCK_STATE_SYN_RECV) | STATE_BIT(SOCK_STATE_NEW_SYN_RECV);
	const uint32_t bucket = syn_recv | STATE_BIT(SOCK_STATE_TIME_WAIT);
	const struct {
		const char *word;
		uint32_t bits;
	} groups[] = {
		{"all", STATES_ALL},
		{"connected", STATES_ALL & ~idle},
		{"synchronized", STATES_ALL & ~idle & ~STATE_BIT(SOCK_STATE_SYN_SENT)},
		{"bucket", bucket},
		{"big", STATES_ALL & ~bucket},
		{"syn-recv", syn_recv},
		{"syn-rcv", syn_recv},
	};
	enum sock_state state;
	char name[32];

	for (size_t i = 0; i < N_ELEMENTS(groups); i++)
		if (is(word, groups[i].word))
			return groups[i].bits;
	if (word->len >= sizeof(name))
		return 0;
	memcpy(name, word->text, word->len);
	name[word->len] = '\0';
	return sock_state_parse(name, &state) ? STATE_BIT(state) : 0;
}

/* One "state X" or "exclude X": @word is "state" or "exclude", X comes next. */
static int one_state(struct filter_parser *parser, const struct filter_word *word,
		     bool *ret_exclude, uint32_t *ret_bits)
{
	struct filter_word op, value;
	const enum filter_op kind = filter_next_op(&parser->lexer, &op);

	*ret_exclude = is(word, "exclude");
	if (kind == OP_NE)
		*ret_exclude = !*ret_exclude;
	else if (kind != OP_NONE && kind != OP_EQ)
		return parse_fail(parser->error, op.column, "'%.*s' takes = and != only",
				  (int)word->len, word->text);
	if (!filter_next_value(&parser->lexer, &value) ||
	    !(*ret_bits = filter_state_bits(&value)))
		return parse_fail(parser->error, value.column,
				  "expected a state such as established or listening after '%.*s'",
				  (int)word->len, word->text);
	return 0;
}

/*
 * Words side by side make one set, as in ss: each state adds to it, each exclude takes away; one
 * that starts with exclude starts with all. @single: read one only, for "not state X ...".
 */
static int states(struct filter_parser *parser, struct filter_word word, bool single,
		  struct filter_node **ret)
{
	uint32_t set = 0, bits = 0;
	bool exclude, first = true;

	for (;;) {
		int err = one_state(parser, &word, &exclude, &bits);
		if (err)
			return err;
		if (first && exclude)
			set = STATES_ALL;
		set = exclude ? set & ~bits : set | bits;
		first = false;
		const struct filter_lexer before = parser->lexer;
		if (!single && filter_next(&parser->lexer, &word) == TOKEN_WORD &&
		    (is(&word, "state") || is(&word, "exclude")))
			continue;
		parser->lexer = before;
		break;
	}
	*ret = filter_node_new(parser->filter, FILTER_STATES);
	if (!*ret)
		return -ENOMEM;
	(*ret)->states = set;
	parser->filter->names_states = true;
	return 0;
}

static const char operand_expected[] = "expected a predicate such as 'sport = :80'";

/*
 * The grammar calls itself through parentheses and not; one function for both keeps the only
 * recursion in sight. @level: 0 reads or, 1 and, 2 a single predicate.
 */
static int expression(struct filter_parser *parser, unsigned level, bool negated,
		      struct filter_node **ret);

static int group(struct filter_parser *parser, const struct filter_word *open,
		 struct filter_node **ret)
{
	struct filter_word word;
	int err = expression(parser, 0, false, ret);

	if (!err && filter_next(&parser->lexer, &word) != TOKEN_CLOSE)
		return parse_fail(parser->error, word.column,
				  "expected ')' for the '(' in column %zu", open->column);
	return err;
}

static int negation(struct filter_parser *parser, struct filter_node **ret)
{
	*ret = filter_node_new(parser->filter, FILTER_NOT);
	return *ret ? expression(parser, 2, true, &(*ret)->child) : -ENOMEM;
}

static int predicate(struct filter_parser *parser, bool negated, struct filter_node **ret)
{
	struct filter_word word;

	switch (filter_next(&parser->lexer, &word)) {
	case TOKEN_OPEN:
		return group(parser, &word, ret);
	case TOKEN_NOT:
		return negation(parser, ret);
	case TOKEN_WORD:
		if (is(&word, "state") || is(&word, "exclude"))
			return states(parser, word, negated, ret);
		return filter_predicate(parser, &word, ret);
	case TOKEN_END:
		return parse_fail(parser->error, word.column, "%s at the end", operand_expected);
	case TOKEN_CLOSE:
	case TOKEN_AND:
	case TOKEN_OR:
	case TOKEN_STRAY:
		break;
	}
	return parse_fail(parser->error, word.column, "%s, not '%.*s'", operand_expected,
			  (int)word.len, word.text);
}

/* Does another operand of @level follow? Takes the operator if there is one. */
static bool continues(struct filter_parser *parser, unsigned level)
{
	const struct filter_lexer before = parser->lexer;
	struct filter_word word;
	const enum filter_token token = filter_next(&parser->lexer, &word);

	if (token == (level ? TOKEN_AND : TOKEN_OR))
		return true;
	parser->lexer = before;
	/* Side by side is and. */
	return level && (token == TOKEN_WORD || token == TOKEN_OPEN || token == TOKEN_NOT);
}

static int expression(struct filter_parser *parser, unsigned level, bool negated,
		      struct filter_node **ret)
{
	if (level == 2) {
		struct filter_word word;
		if (parser->depth == MAX_DEPTH) {
			filter_next(&parser->lexer, &word);
			return parse_fail(parser->error, word.column,
					  "nested more than %d deep", MAX_DEPTH);
		}
		parser->depth++;
		int err = predicate(parser, negated, ret);
		parser->depth--;
		return err;
	}
	int err = expression(parser, level + 1, false, ret);
	struct filter_node **end = ret;
	while (!err && continues(parser, level)) {
		if (end == ret) {
			struct filter_node *list = filter_node_new(parser->filter,
								   level ? FILTER_AND : FILTER_OR);
			if (!list)
				return -ENOMEM;
			assert(*ret);
			list->child = *ret;
			*ret = list;
			end = &list->child->next;
		}
		err = expression(parser, level + 1, false, end);
		if (!err)
			end = &(*end)->next;
	}
	return err;
}

/* ss's "[state X]... EXPRESSION": the states bind all of the expression, whatever its operators. */
static int leading_states(struct filter_parser *parser, struct filter_node **ret)
{
	const struct filter_lexer start = parser->lexer;
	struct filter_word word;
	int err = 0;

	if (filter_next(&parser->lexer, &word) == TOKEN_WORD &&
	    (is(&word, "state") || is(&word, "exclude")))
		err = states(parser, word, false, ret);
	const struct filter_lexer behind = parser->lexer;
	const enum filter_token next = filter_next(&parser->lexer, &word);
	parser->lexer = behind;
	if (!*ret || next == TOKEN_AND || next == TOKEN_OR) {
		*ret = NULL;
		parser->lexer = start;
	}
	return err;
}

static int whole(struct filter_parser *parser)
{
	struct filter_node *first = NULL, *rest = NULL;
	struct filter_word word;
	int err = leading_states(parser, &first);
	if (err)
		return err;
	const struct filter_lexer start = parser->lexer;
	if (filter_next(&parser->lexer, &word) == TOKEN_END) {
		parser->filter->root = first;
		return 0;
	}
	parser->lexer = start;
	err = expression(parser, 0, false, &rest);
	if (err)
		return err;
	/* A value ends where the next predicate must begin, so only these are left over. */
	if (filter_next(&parser->lexer, &word) != TOKEN_END)
		return parse_fail(parser->error, word.column,
				  "expected and, or, or the end, not '%.*s'", (int)word.len,
				  word.text);
	parser->filter->root = rest;
	if (!first)
		return 0;
	struct filter_node *both = filter_node_new(parser->filter, FILTER_AND);
	if (!both)
		return -ENOMEM;
	both->child = first;
	first->next = rest;
	parser->filter->root = both;
	return 0;
}

int filter_parse(const char *text, const struct filter_context *context, struct filter **ret,
		 struct parse_error *error)
{
	AUTO(filter_freep) struct filter *filter = calloc(1, sizeof(*filter));
	struct parse_error own = {};

	if (!filter)
		return -ENOMEM;
	arena_init(&filter->arena);
	struct filter_parser parser = {
		.lexer = {.text = text},
		.filter = filter,
		.context = context,
		.error = error ? error : &own,
	};
	int err = whole(&parser);
	if (err)
		return err;
	*ret = take(filter);
	return 0;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	arena_release(&filter->arena);
	free(filter);
}

bool filter_names_states(const struct filter *filter)
{
	return filter->names_states;
}
