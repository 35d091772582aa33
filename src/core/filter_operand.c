/* SPDX-License-Identifier: MIT */
/* The predicates that ss has, and the choice of field for all others. */
#include "core/filter_operand.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "core/facts.h"
#include "core/fields.h"
#include "core/filter.h"
#include "core/filter_tree.h"
#include "core/link_names.h"
#include "core/names.h"
#include "core/parse_error.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { MAX_NAME = 64 };

struct filter_node *filter_node_new(struct filter *filter, int kind)
{
	struct filter_node *node = arena_alloc(&filter->arena, sizeof(*node));

	if (node)
		node->kind = (enum filter_kind)kind;
	return node;
}

int filter_expected(struct filter_parser *parser, const struct filter_operand *operand,
		    const char *what)
{
	const int name_len = (int)operand->name->len, op_len = (int)operand->op_word.len;

	return parse_fail(parser->error, operand->value.column, "expected %s after '%.*s%s%.*s'",
			  what, name_len, operand->name->text, op_len ? " " : "", op_len,
			  op_len ? operand->op_word.text : "");
}

/* Read the operator and the value, which must be there. @what is for the error. */
static int read_operand(struct filter_parser *parser, const char *what,
			struct filter_operand *operand)
{
	operand->op = filter_next_op(&parser->lexer, &operand->op_word);
	if (operand->op == OP_NONE) {
		operand->op = OP_EQ;
		operand->op_word.len = 0;
	}
	if (!filter_next_value(&parser->lexer, &operand->value))
		return filter_expected(parser, operand, what);
	operand->plain = filter_unquote(&operand->value, false, &parser->filter->arena);
	return operand->plain ? 0 : -ENOMEM;
}

/* For values that have no order and no parts. */
static int only_equal(struct filter_parser *parser, const struct filter_operand *operand)
{
	if (operand->op == OP_EQ || operand->op == OP_NE)
		return 0;
	return parse_fail(parser->error, operand->op_word.column, "'%.*s' takes = and != only",
			  (int)operand->name->len, operand->name->text);
}

static int negate_if(struct filter_parser *parser, bool negate, struct filter_node **node)
{
	if (!negate)
		return 0;
	struct filter_node *not = filter_node_new(parser->filter, FILTER_NOT);
	if (!not)
		return -ENOMEM;
	not->child = *node;
	*node = not;
	return 0;
}

static int host_predicate(struct filter_parser *parser, bool remote,
			  struct filter_operand *operand, struct filter_node **ret)
{
	struct arena *arena = &parser->filter->arena;
	int err = read_operand(parser, "an address", operand);

	if (!err)
		err = only_equal(parser, operand);
	if (err)
		return err;
	*ret = filter_node_new(parser->filter, FILTER_HOST);
	const struct host_match_text text = {
		.text = operand->plain,
		.pattern = filter_unquote(&operand->value, true, arena),
		.column = operand->value.column,
		.otherwise = parser->context->otherwise,
		.names = parser->context->names,
	};
	if (!*ret || !text.pattern ||
	    !((*ret)->host = arena_alloc(arena, sizeof(*(*ret)->host))))
		return -ENOMEM;
	(*ret)->remote = remote;
	err = host_match_parse(&text, arena, (*ret)->host, parser->error);
	if ((*ret)->host->kind == HOST_MATCH_LINK)
		parser->filter->facts |= FACT_HOST;
	return err ? err : negate_if(parser, operand->op == OP_NE, ret);
}

/* Takes "inet6:" off the front of "inet6::443". */
static uint8_t port_family(struct filter_parser *parser, struct filter_operand *operand)
{
	static const struct {
		const char *word;
		uint8_t family;
	} rows[] = {{"inet:", ADDR_IPV4}, {"inet6:", ADDR_IPV6}};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const size_t len = strlen(rows[i].word);
		if (strncasecmp(operand->plain, rows[i].word, len))
			continue;
		operand->plain += len;
		operand->value.column += len;
		return rows[i].family;
	}
	if (parser->context->otherwise == HOST_MATCH_DEFAULT_INET)
		return ADDR_IPV4;
	return parser->context->otherwise == HOST_MATCH_DEFAULT_INET6 ? ADDR_IPV6 : ADDR_NONE;
}

static int port_predicate(struct filter_parser *parser, bool remote,
			  struct filter_operand *operand, struct filter_node **ret)
{
	int err = read_operand(parser, "a port", operand);

	if (err)
		return err;
	*ret = filter_node_new(parser->filter, FILTER_PORTS);
	if (!*ret)
		return -ENOMEM;
	(*ret)->remote = remote;
	(*ret)->family = port_family(parser, operand);
	if (*operand->plain == ':') {
		operand->plain++;
		operand->value.column++;
	}
	err = filter_ranges(parser, operand, *ret);
	return err ? err : negate_if(parser, operand->op == OP_NE, ret);
}

static int device_predicate(struct filter_parser *parser, struct filter_operand *operand,
			    struct filter_node **ret)
{
	int err = read_operand(parser, "an interface", operand);

	if (!err)
		err = only_equal(parser, operand);
	if (err)
		return err;
	*ret = filter_node_new(parser->filter, FILTER_DEVICE);
	if (!*ret)
		return -ENOMEM;
	(*ret)->device = operand->plain;
	parser->filter->facts |= FACT_HOST;
	return negate_if(parser, operand->op == OP_NE, ret);
}

/* Decimal or 0x...; the first @len bytes of @text. */
static bool parse_mark(const char *text, size_t len, uint32_t *ret)
{
	uint64_t number = 0;

	if (len > 2 && !strncasecmp(text, "0x", 2)) {
		for (size_t i = 2; i < len; i++) {
			const char *digits = "0123456789abcdef", *digit;
			digit = strchr(digits, text[i] | 0x20);
			if (!digit || !*digit || len > 10)
				return false;
			number = number * 16 + (uint64_t)(digit - digits);
		}
	} else if (!parse_u64_n(text, len, UINT32_MAX, &number)) {
		return false;
	}
	*ret = (uint32_t)number;
	return true;
}

static int mark_predicate(struct filter_parser *parser, struct filter_operand *operand,
			  struct filter_node **ret)
{
	const char *what = "a mark, or MARK/MASK,";
	int err = read_operand(parser, what, operand);

	if (!err)
		err = only_equal(parser, operand);
	if (err)
		return err;
	*ret = filter_node_new(parser->filter, FILTER_MARK);
	if (!*ret)
		return -ENOMEM;
	const size_t len = strcspn(operand->plain, "/");
	const char *mask = operand->plain[len] ? operand->plain + len + 1 : NULL;
	(*ret)->mask = UINT32_MAX;
	if (!parse_mark(operand->plain, len, &(*ret)->mark) ||
	    (mask && !parse_mark(mask, strlen(mask), &(*ret)->mask)))
		return filter_expected(parser, operand, what);
	parser->filter->facts |= FACT_SOCKOPT;
	return negate_if(parser, operand->op == OP_NE, ret);
}

/* A name that is known, or all digits, means the number beside it: uid for user. */
static const struct field *number_instead(struct filter_parser *parser,
					  const struct field *field,
					  const struct filter_operand *operand)
{
	uint64_t number;

	if (operand->op != OP_EQ && operand->op != OP_NE)
		return field;
	if (!parse_u64(operand->plain, UINT64_MAX, &number))
		return field;
	if (!strcmp(field->name, "user"))
		return field_find("uid");
	if (!strcmp(field->name, "process_user"))
		return field_find("process_uid");
	return strcmp(field->name, "netns") ? field : field_find("netns_inode");
}

static int field_predicate(struct filter_parser *parser, const struct field *field,
			   struct filter_operand *operand, struct filter_node **ret)
{
	const struct filter_lexer before = parser->lexer;
	int err = 0;

	if (field->type == VALUE_BOOL) {
		struct filter_word word;
		static const char *const words[] = {"yes", "no", "true", "false", "1", "0"};
		bool has_value = filter_next_op(&parser->lexer, &word) != OP_NONE;
		if (!has_value && filter_next_value(&parser->lexer, &word))
			for (size_t i = 0; i < N_ELEMENTS(words); i++)
				has_value |= word.len == strlen(words[i]) &&
					     !strncasecmp(word.text, words[i], word.len);
		parser->lexer = before;
		if (!has_value) {
			*ret = filter_node_new(parser->filter, FILTER_BOOL);
			if (!*ret)
				return -ENOMEM;
			(*ret)->field = field;
			(*ret)->wanted = true;
			return 0;
		}
	}
	err = read_operand(parser, "a value", operand);
	if (err)
		return err;
	const bool negate = operand->op == OP_NE || operand->op == OP_HASNOT;
	err = filter_field_predicate(parser, number_instead(parser, field, operand), operand, ret);
	return err ? err : negate_if(parser, negate, ret);
}

static int autobound_predicate(struct filter_parser *parser, struct filter_operand *operand,
			       struct filter_node **ret)
{
	*ret = filter_node_new(parser->filter, FILTER_AUTOBOUND);
	parser->filter->facts |= FACT_HOST;
	return *ret ? 0 : -ENOMEM;
}

static int src_predicate(struct filter_parser *parser, struct filter_operand *operand,
			 struct filter_node **ret)
{
	return host_predicate(parser, false, operand, ret);
}

static int dst_predicate(struct filter_parser *parser, struct filter_operand *operand,
			 struct filter_node **ret)
{
	return host_predicate(parser, true, operand, ret);
}

static int sport_predicate(struct filter_parser *parser, struct filter_operand *operand,
			   struct filter_node **ret)
{
	return port_predicate(parser, false, operand, ret);
}

static int dport_predicate(struct filter_parser *parser, struct filter_operand *operand,
			   struct filter_node **ret)
{
	return port_predicate(parser, true, operand, ret);
}

/* Words of their own, and fields whose values have ss's syntax instead of their type's. */
static const struct {
	const char *word, *field;
	int (*read)(struct filter_parser *parser, struct filter_operand *operand,
		    struct filter_node **ret);
} special[] = {
	{"src", "local_address", src_predicate},
	{"dst", "remote_address", dst_predicate},
	{"sport", "local_port", sport_predicate},
	{"dport", "remote_port", dport_predicate},
	{"dev", "device", device_predicate},
	{"fwmark", "mark", mark_predicate},
	{"autobound", "autobound", autobound_predicate},
};

static int unknown_field(struct filter_parser *parser, const struct filter_word *word,
			 const char *name)
{
	const struct field *near = field_nearest(name);

	if (near)
		return parse_fail(parser->error, word->column,
				  "no field '%s'; did you mean '%s'?", name, near->name);
	return parse_fail(parser->error, word->column,
			  "no field '%s': expected src, dst, sport, dport, state, pid, comm, user, "
			  "unit or another column", name);
}

int filter_predicate(struct filter_parser *parser, const struct filter_word *word,
		     struct filter_node **ret)
{
	struct filter_operand operand = {.name = word};
	char name[MAX_NAME];

	if (word->len >= sizeof(name))
		return parse_fail(parser->error, word->column, "no field has such a long name");
	memcpy(name, word->text, word->len);
	name[word->len] = '\0';
	const struct field *field = field_find(name);
	for (size_t i = 0; i < N_ELEMENTS(special); i++)
		if (!strcasecmp(name, special[i].word) ||
		    (field && !strcmp(field->name, special[i].field)))
			return special[i].read(parser, &operand, ret);
	if (!field)
		return unknown_field(parser, word, name);
	parser->filter->facts |= field->needs;
	return field_predicate(parser, field, &operand, ret);
}
