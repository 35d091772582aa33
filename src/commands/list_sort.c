/* SPDX-License-Identifier: MIT */
/* Compares values by their type; a socket without the value comes first. */
#include "commands/list_sort.h"
#include "commands/command.h"
#include "commands/list_columns.h"
#include "core/fields.h"
#include "core/snapshot.h"

#include <stdlib.h>
#include <string.h>

int list_sort_parse(struct list_sort *sort, const struct invocation *inv)
{
	const char *asked = option_value(inv, "sort");

	if (!asked)
		return 0;
	sort->descending = *asked == '-';
	sort->field = field_find(asked + sort->descending);
	if (!sort->field)
		return no_such_column(inv, asked + sort->descending);
	return 0;
}

struct order {
	const struct list_sort *sort;
	const struct snapshot *snap;
};

static int compare_numbers(double a, double b)
{
	return (a > b) - (a < b);
}

static int compare_values(enum value_type type, const struct value *a, const struct value *b)
{
	switch (type) {
	case VALUE_NUMBER:
	case VALUE_BOOL:
	case VALUE_PORT:
	case VALUE_BYTES:
		return (a->number > b->number) - (a->number < b->number);
	case VALUE_SECONDS:
		return compare_numbers(a->seconds, b->seconds);
	case VALUE_ADDRESS:
		return addr_compare(&a->addr, &b->addr);
	case VALUE_TEXT:
		break;
	}
	const size_t len = a->len < b->len ? a->len : b->len;
	int order = len ? memcmp(a->text, b->text, len) : 0;
	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static int compare_rows(const void *left, const void *right, void *data)
{
	const struct order *order = data;
	const struct field *field = order->sort->field;
	const uint32_t i = *(const uint32_t *)left, k = *(const uint32_t *)right;
	struct value a, b;
	const bool has_a = field->get(order->snap, &order->snap->socks[i], 0, &a);
	const bool has_b = field->get(order->snap, &order->snap->socks[k], 0, &b);
	int result = has_a && has_b ? compare_values(field->type, &a, &b) : has_a - has_b;

	if (order->sort->descending)
		result = -result;
	return result ? result : (i > k) - (i < k);
}

void list_sort_rows(const struct list_sort *sort, const struct snapshot *snap, uint32_t *rows,
		    size_t n)
{
	struct order order = {sort, snap};

	if (sort->field)
		qsort_r(rows, n, sizeof(*rows), compare_rows, &order);
}
