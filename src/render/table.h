/* SPDX-License-Identifier: MIT */
/*
 * Aligned columns in two passes over the rows: measure, then print. Cells are made on demand into
 * one reused buffer, so a million rows need no memory of their own; util-linux's libsmartcols
 * keeps every cell as an allocated string until the end, which is slower than the kernel's dump.
 */
#ifndef BERTH_RENDER_TABLE_H
#define BERTH_RENDER_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "render/color.h"

struct out;
struct strbuf;

enum { TABLE_PUT_ROOM = 96 };

struct table_column {
	const char *title;
	bool right; /* aligned to the right */
	bool cut;   /* may be shortened on a screen too narrow for the table */
	bool keep_end; /* then in its middle: addresses end in ports, paths in names */
};

struct table {
	const struct table_column *columns;
	size_t n_columns, n_rows;
	bool headings;
	bool color;
	unsigned screen; /* columns of the terminal; 0: not one, never cut */
	/*
	 * Append the text of a cell to the empty @text, escaped and without colour, and set @style
	 * if it is not plain. Called up to twice a cell, and must say the same both times.
	 */
	void (*cell)(const void *data, size_t row, size_t column, struct strbuf *text,
		     enum style *style);
	/*
	 * How wide the widest of @n cells of @column is, from row @first on, if that is told more
	 * quickly than cell by cell; else 0. NULL: never.
	 */
	size_t (*widest)(const void *data, size_t first, size_t n, size_t column);
	/*
	 * Write the text of a cell at @to (room for TABLE_PUT_ROOM bytes) if it is printable ASCII
	 * and plain. Returns its length; 0: .cell must make it. NULL: always.
	 */
	size_t (*put)(const void *data, size_t row, size_t column, char *to);
	bool pure; /* these functions only read: many rows may be made on two threads */
	/* Append what stands behind the last column, unaligned, as it is; or NULL. */
	void (*tail)(const void *data, size_t row, struct strbuf *text);
	const void *data;
};

/* 0 or -errno of @out. */
int table_write(const struct table *table, struct out *out);

#endif
