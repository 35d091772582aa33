/* SPDX-License-Identifier: MIT */
/* The value of a predicate, by the type of its field. */
#include "core/filter_operand.h"
#include "base/auto.h"
#include "base/duration.h"
#include "base/numbers.h"
#include "core/facts.h"
#include "core/fields.h"
#include "core/filter.h"
#include "core/filter_tree.h"
#include "core/names.h"
#include "core/parse_error.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

/* One number of a list; @text is NUL-terminated. */
typedef bool number_parser(const struct filter_parser *parser, const char *text, uint64_t *ret);

static bool plain_number(const struct filter_parser *parser, const char *text, uint64_t *ret)
{
	static const char suffixes[] = "kmg";
	size_t len = strlen(text);
	unsigned shift = 0;

	if (len > 2 && !strncasecmp(text, "0x", 2)) {
		uint64_t number = 0;
		for (size_t i = 2; i < len; i++) {
			static const char digits[] = "0123456789abcdef";
			const char *digit = strchr(digits, text[i] | 0x20);
			if (!digit || !*digit || len > 18)
				return false;
			number = number << 4 | (uint64_t)(digit - digits);
		}
		*ret = number;
		return true;
	}
	const char *suffix = len ? strchr(suffixes, text[len - 1] | 0x20) : NULL;
	if (suffix && *suffix) {
		shift = 10 * (unsigned)(suffix - suffixes + 1);
		len--;
	}
	if (!parse_u64_n(text, len, UINT64_MAX >> shift, ret))
		return false;
	*ret <<= shift;
	return true;
}

static bool port_number(const struct filter_parser *parser, const char *text, uint64_t *ret)
{
	const struct host_match_text one = {.text = text, .names = parser->context->names};
	struct port_range range;

	/* A service with '-' in its name comes through whole; a range is cut by the caller. */
	if (!*text || *text == '*' || host_match_parse_ports(&one, &range, NULL) ||
	    range.low != range.high)
		return false;
	*ret = range.low;
	return true;
}

/* "80", "8000-8100" or "*" into @ret. */
static bool one_range(const struct filter_parser *parser, char *text, number_parser *parse,
		      struct filter_range *ret)
{
	char *dash = strchr(text, '-');

	if (!strcmp(text, "*")) {
		*ret = (struct filter_range){0, UINT64_MAX};
		return true;
	}
	if (parse(parser, text, &ret->low)) {
		ret->high = ret->low;
		return true;
	}
	if (!dash)
		return false;
	*dash = '\0';
	const bool good = parse(parser, text, &ret->low) && parse(parser, dash + 1, &ret->high) &&
			  ret->low <= ret->high;
	*dash = '-';
	return good;
}

/* What "> 5" leaves of all numbers. */
static struct filter_range compared(enum filter_op op, uint64_t number)
{
	static const struct filter_range empty = {1, 0};

	switch (op) {
	case OP_GT:
		return number == UINT64_MAX ? empty : (struct filter_range){number + 1, UINT64_MAX};
	case OP_LT:
		return number ? (struct filter_range){0, number - 1} : empty;
	case OP_GE:
		return (struct filter_range){number, UINT64_MAX};
	case OP_LE:
		return (struct filter_range){0, number};
	case OP_NONE:
	case OP_EQ:
	case OP_NE:
	case OP_HAS:
	case OP_HASNOT:
		break;
	}
	return (struct filter_range){number, number};
}

static bool is_order(enum filter_op op)
{
	return op == OP_GT || op == OP_LT || op == OP_GE || op == OP_LE;
}

static int bad_number(struct filter_parser *parser, const struct filter_operand *operand,
		      bool port, size_t offset)
{
	struct filter_operand at = *operand;

	at.value.column += offset;
	return filter_expected(parser, &at, port ? "a port or service" : "a number");
}

int filter_ranges(struct filter_parser *parser, const struct filter_operand *operand,
		  struct filter_node *node)
{
	const bool port = node->kind == FILTER_PORTS;
	number_parser *parse = port ? port_number : plain_number;
	char *list = arena_dup(&parser->filter->arena, operand->plain, strlen(operand->plain));
	uint32_t room = 1;
	uint64_t number;

	for (const char *c = operand->plain; *c; c++)
		room += *c == ',';
	struct filter_range *ranges = arena_alloc(&parser->filter->arena, room * sizeof(*ranges));
	if (!list || !ranges)
		return -ENOMEM;
	node->ranges = ranges;
	if (operand->op == OP_HAS || operand->op == OP_HASNOT)
		return parse_fail(parser->error, operand->op_word.column,
				  "'%.*s' is a number, and ~ is for texts",
				  (int)operand->name->len, operand->name->text);
	if (is_order(operand->op)) {
		if (!parse(parser, list, &number))
			return bad_number(parser, operand, port, 0);
		ranges[node->n_ranges++] = compared(operand->op, number);
		return 0;
	}
	for (char *part = list, *next; part; part = next) {
		next = strchr(part, ',');
		if (next)
			*next++ = '\0';
		if (!one_range(parser, part, parse, &ranges[node->n_ranges++]))
			return bad_number(parser, operand, port, (size_t)(part - list));
	}
	return 0;
}

static bool parse_seconds(const char *text, double *ret)
{
	const size_t len = strlen(text);
	uint64_t number;

	if (len > 2 && !strcmp(text + len - 2, "us") &&
	    parse_u64_n(text, len - 2, UINT32_MAX, &number)) {
		*ret = (double)number / 1e6;
		return true;
	}
	if (!parse_duration_ms(text, &number))
		return false;
	*ret = (double)number / 1e3;
	return true;
}

static int seconds_value(struct filter_parser *parser, const struct filter_operand *operand,
			 struct filter_node *node)
{
	double seconds;

	node->kind = FILTER_SECONDS;
	node->span.from = -INFINITY;
	node->span.to = INFINITY;
	if ((operand->op == OP_EQ || operand->op == OP_NE) && !strcmp(operand->plain, "*"))
		return 0;
	if (!parse_seconds(operand->plain, &seconds))
		return filter_expected(parser, operand, "a time such as 5m or 1.5s");
	switch (operand->op) {
	case OP_GT:
		node->span.from = seconds;
		node->span.open = true;
		return 0;
	case OP_LT:
		node->span.to = seconds;
		node->span.open = true;
		return 0;
	case OP_GE:
		node->span.from = seconds;
		return 0;
	case OP_LE:
		node->span.to = seconds;
		return 0;
	case OP_NONE:
	case OP_EQ:
	case OP_NE:
		node->span.from = node->span.to = seconds;
		return 0;
	case OP_HAS:
	case OP_HASNOT:
		break;
	}
	return parse_fail(parser->error, operand->op_word.column,
			  "'%.*s' is a time, and ~ is for texts", (int)operand->name->len,
			  operand->name->text);
}

/* Units are known by their short names, containers by the first digits of their ids. */
static const char *short_form(const struct field *field, const char *text)
{
	if (!strcmp(field->name, "unit") && !strchr(text, '.'))
		return ".service";
	if (!strcmp(field->name, "container") && strlen(text) >= 4 &&
	    text[strspn(text, "0123456789abcdef")] == '\0')
		return "*";
	return "";
}

/* Words of ours, not names of something: any case will do. */
static bool is_word_field(const struct field *field)
{
	return !strcmp(field->name, "proto") || !strcmp(field->name, "netid") ||
	       !strcmp(field->name, "family") || !strcmp(field->name, "type");
}

/* "/sys/fs/cgroup/a" is what ss takes for the group "/a". */
static size_t cgroup_mount(const struct field *field, const char *text)
{
	static const char mount[] = "/sys/fs/cgroup";
	const size_t len = sizeof(mount) - 1;

	if (strcmp(field->name, "cgroup") && strcmp(field->name, "process_cgroup"))
		return 0;
	return !strncmp(text, mount, len) && text[len] == '/' ? len : 0;
}

/* There are few protocols, so which of them match is known now. */
static void proto_value(struct filter_node *node)
{
	const struct glob glob = node->glob;
	uint32_t protos = 0;

	for (unsigned proto = 0; proto < N_SOCK_PROTOS; proto++) {
		const char *name = sock_proto_name((enum sock_proto)proto);
		if (glob_matches(&glob, name, strlen(name)))
			protos |= PROTO_BIT(proto);
	}
	node->kind = FILTER_PROTOS;
	node->protos = protos;
}

static int text_value(struct filter_parser *parser, const struct filter_operand *operand,
		      struct filter_node *node)
{
	struct arena *arena = &parser->filter->arena;
	const bool part = operand->op == OP_HAS || operand->op == OP_HASNOT;

	if (is_order(operand->op))
		return parse_fail(parser->error, operand->op_word.column,
				  "'%.*s' is a text: it takes =, !=, ~ and !~",
				  (int)operand->name->len, operand->name->text);
	const char *pattern = filter_unquote(&operand->value, true, arena);
	if (!pattern)
		return -ENOMEM;
	const char *plain = operand->plain + cgroup_mount(node->field, operand->plain);
	pattern += cgroup_mount(node->field, pattern);
	const bool wild = glob_has_wildcard(pattern, strlen(pattern));
	const char *end = part || wild ? "" : short_form(node->field, plain);
	node->exact = !part && !wild && *end != '*' && !is_word_field(node->field);
	if (node->exact)
		pattern = arena_printf(arena, "%s%s", plain, end);
	else
		pattern = arena_printf(arena, part ? "*%s*" : "%s%s", pattern, end);
	if (!pattern)
		return -ENOMEM;
	node->kind = FILTER_TEXT;
	node->glob = (struct glob){.pattern = pattern, .len = strlen(pattern),
				   .fold_case = part || is_word_field(node->field)};
	if (!strcmp(node->field->name, "proto"))
		proto_value(node);
	if (!strcmp(node->field->name, "container")) { /* an id, but people use names */
		node->also = field_find("container_name");
		parser->filter->facts |= node->also->needs;
	}
	return 0;
}

static int bool_value(struct filter_parser *parser, const struct filter_operand *operand,
		      struct filter_node *node)
{
	static const char *const yes[] = {"yes", "true", "1"}, *const no[] = {"no", "false", "0"};

	node->kind = FILTER_BOOL;
	if (operand->op != OP_EQ && operand->op != OP_NE)
		return parse_fail(parser->error, operand->op_word.column,
				  "'%.*s' takes = and != only", (int)operand->name->len,
				  operand->name->text);
	for (size_t i = 0; i < N_ELEMENTS(yes); i++) {
		if (!strcasecmp(operand->plain, yes[i])) {
			node->wanted = true;
			return 0;
		}
		if (!strcasecmp(operand->plain, no[i]))
			return 0;
	}
	return filter_expected(parser, operand, "yes or no");
}

/* A user the machine knows is compared by number: the snapshot need not have names. */
static int user_value(struct filter_parser *parser, const struct filter_operand *operand,
		      struct filter_node *node)
{
	const struct names *names = parser->context->names;
	const bool holder = !strcmp(node->field->name, "process_user");
	struct filter_range *range = arena_alloc(&parser->filter->arena, sizeof(*range));
	uint32_t uid;

	if (!range)
		return -ENOMEM;
	if (!names || !names->user || (operand->op != OP_EQ && operand->op != OP_NE) ||
	    glob_has_wildcard(operand->plain, strlen(operand->plain)))
		return text_value(parser, operand, node);
	if (!names->user(names->data, operand->plain, &uid))
		return parse_fail(parser->error, operand->value.column, "no user '%s'",
				  operand->plain);
	*range = (struct filter_range){uid, uid};
	node->kind = FILTER_NUMBER;
	node->field = field_find(holder ? "process_uid" : "uid");
	node->ranges = range;
	node->n_ranges = 1;
	return 0;
}

int filter_field_predicate(struct filter_parser *parser, const struct field *field,
			   struct filter_operand *operand, struct filter_node **ret)
{
	struct filter_node *node = filter_node_new(parser->filter, FILTER_NUMBER);

	if (!node)
		return -ENOMEM;
	node->field = field;
	*ret = node;
	switch (field->type) {
	case VALUE_SECONDS:
		return seconds_value(parser, operand, node);
	case VALUE_TEXT:
		if (!strcmp(field->name, "user") || !strcmp(field->name, "process_user"))
			return user_value(parser, operand, node);
		return text_value(parser, operand, node);
	case VALUE_BOOL:
		return bool_value(parser, operand, node);
	case VALUE_NUMBER:
	case VALUE_PORT:
	case VALUE_BYTES:
		return filter_ranges(parser, operand, node);
	case VALUE_ADDRESS:
		/* Both addresses are special predicates; see filter_operand.c. */
		break;
	}
	return parse_fail(parser->error, operand->name->column, "'%.*s' cannot be compared",
			  (int)operand->name->len, operand->name->text);
}
