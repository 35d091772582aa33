/* SPDX-License-Identifier: MIT */
/* Rows of a list in the order of one of its fields. */
#ifndef BERTH_COMMANDS_LIST_SORT_H
#define BERTH_COMMANDS_LIST_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct field;
struct invocation;
struct snapshot;

struct list_sort {
	const struct field *field; /* NULL: leave the kernel's order */
	bool descending;
};

/* --sort COLUMN or -COLUMN. 0, or EXIT_USAGE after a message. */
int list_sort_parse(struct list_sort *sort, const struct invocation *inv);

/* Order the @n indexes of sockets in @rows; equal ones keep their order. */
void list_sort_rows(const struct list_sort *sort, const struct snapshot *snap, uint32_t *rows,
		    size_t n);

#endif
