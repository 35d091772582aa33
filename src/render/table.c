/* SPDX-License-Identifier: MIT */
/* Measures, shortens where the screen is too narrow, prints. */
#include "render/table.h"
#include "base/auto.h"
#include "base/out.h"
#include "base/strbuf.h"
#include "render/turns.h"
#include "render/width.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
	GAP = 2,
	LEAST_CUT = 8,
	/* Fewer rows are made sooner than a thread is started. */
	WORTH_THREADS = 20000,
	BLOCK = 128,	 /* rows that the first cache holds while each column is measured */
};

/* What one of the threads works with. */
struct part {
	const struct table *table;
	atomic_size_t *next; /* measuring: the first row that no thread has taken */
	size_t *widths;	     /* measuring: the widest so far; printing: of the columns */
	struct strbuf text;  /* the cell being made */
};

static void measure_titles(const struct table *table, size_t *widths)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		const char *title = table->columns[i].title;
		widths[i] = table->headings ? width_of(title, strlen(title)) : 0;
	}
}

static size_t cell_width(const struct table *table, size_t row, size_t column, struct strbuf *text)
{
	enum style style = STYLE_PLAIN;
	char plain[TABLE_PUT_ROOM];
	const size_t width = table->put ? table->put(table->data, row, column, plain) : 0;

	if (width)
		return width;
	strbuf_clear(text);
	table->cell(table->data, row, column, text, &style);
	return width_of(text->text, text->len);
}

static void measure_block(struct part *part, size_t first, size_t n, size_t column)
{
	const struct table *table = part->table;
	size_t widest = table->widest ? table->widest(table->data, first, n, column) : 0;

	for (size_t row = first; !widest && row < first + n; row++) {
		const size_t width = cell_width(table, row, column, &part->text);
		if (width > part->widths[column])
			part->widths[column] = width;
	}
	if (widest > part->widths[column])
		part->widths[column] = widest;
}

static void *measure(void *data)
{
	struct part *part = data;
	const size_t n_rows = part->table->n_rows;
	size_t row;

	while ((row = atomic_fetch_add(part->next, BLOCK)) < n_rows)
		for (size_t i = 0; i < part->table->n_columns; i++)
			measure_block(part, row, n_rows - row < BLOCK ? n_rows - row : BLOCK, i);
	return NULL;
}

/* The widest column that may still be cut, or n_columns. */
static size_t widest_cut(const struct table *table, const size_t *widths)
{
	size_t best = table->n_columns;

	for (size_t i = 0; i < table->n_columns; i++)
		if (table->columns[i].cut && widths[i] > LEAST_CUT &&
		    (best == table->n_columns || widths[i] > widths[best]))
			best = i;
	return best;
}

static void fit_screen(const struct table *table, size_t *widths)
{
	size_t total = GAP * (table->n_columns - 1);

	for (size_t i = 0; i < table->n_columns; i++)
		total += widths[i];
	for (; table->screen && total > table->screen; total--) {
		size_t i = widest_cut(table, widths);
		if (i == table->n_columns)
			return;
		widths[i]--;
	}
}

/* How many columns of an address or path of @len bytes tell most: its port, else a third of it. */
static size_t end_columns(const char *text, size_t len, size_t width)
{
	const char *colon = memrchr(text, ':', len);
	const size_t port = colon ? (size_t)(text + len - colon) : 0;

	return port && port + 2 <= width ? port : (width - 1) / 3;
}

/*
 * Shorten @text to @width columns; the mark that something is missing takes one of them. With
 * @keep_end that stands before the end of the text, else behind its beginning.
 */
static size_t cut_text(struct strbuf *text, size_t width, bool keep_end)
{
	AUTO(strbuf_release) struct strbuf end = STRBUF_INIT;
	size_t used, gone, tail = keep_end ? end_columns(text->text, text->len, width) : 0;

	if (tail) {
		const size_t whole = width_of(text->text, text->len);
		const size_t from = width_fit(text->text, text->len, whole - tail, &gone);
		tail = whole - gone; /* a wide character may be in the way */
		strbuf_add(&end, text->text + from, text->len - from);
	}
	const size_t room = width > tail + 1 ? width - 1 - tail : 0;
	text->len = width_fit(text->text, text->len, room, &used);
	strbuf_add_text(text, MB_CUR_MAX > 1 ? "\xe2\x80\xa6" : "+");
	strbuf_add(text, end.text, end.len);
	return used + 1 + tail;
}

struct place {
	size_t width;
	bool right, keep_end;
	enum style style;
	size_t *pending; /* spaces due before the next text, so that no line ends in them */
};

static void write_cell(const struct table *table, struct strbuf *text, const struct place *place,
		       struct out *out)
{
	size_t width = width_of(text->text, text->len);

	if (width > place->width)
		width = cut_text(text, place->width, place->keep_end);
	size_t pad = place->width - width;
	if (place->right)
		*place->pending += pad;
	if (text->len) {
		out_add_spaces(out, *place->pending);
		*place->pending = 0;
	}
	if (table->color && place->style != STYLE_PLAIN && text->len) {
		out_add_text(out, color_start(place->style));
		out_add(out, text->text, text->len);
		out_add_text(out, color_stop());
	} else {
		out_add(out, text->text, text->len);
	}
	*place->pending += (place->right ? 0 : pad) + GAP;
}

/* Mostly few: a constant number is written faster. */
static void put_spaces(char *to, size_t n)
{
	enum { FEW = 32 };

	if (n <= FEW)
		memset(to, ' ', FEW);
	else
		memset(to, ' ', n);
}

/* A cell that is simple, straight to @out. False: it is not. */
static bool put_cell(const struct table *table, size_t row, size_t column,
		     const struct place *place, struct out *out)
{
	char plain[TABLE_PUT_ROOM];
	char *to = out_reserve(out, *place->pending + place->width + TABLE_PUT_ROOM);

	if (!to)
		return false;
	size_t spaces = *place->pending;
	if (!place->right)
		put_spaces(to, spaces);
	const size_t len = table->put(table->data, row, column, place->right ? plain : to + spaces);
	if (!len || len > place->width)
		return false;
	const size_t pad = place->width - len;
	if (place->right) {
		spaces += pad;
		put_spaces(to, spaces);
		memcpy(to + spaces, plain, sizeof(plain)); /* all of it: a constant again */
	}
	out->len += spaces + len;
	*place->pending = (place->right ? 0 : pad) + GAP;
	return true;
}

/* @row of SIZE_MAX is the heading. */
static void write_row(const struct table *table, size_t row, const size_t *widths,
		      struct strbuf *text, struct out *out)
{
	size_t pending = 0;

	for (size_t i = 0; i < table->n_columns; i++) {
		const struct table_column *column = &table->columns[i];
		struct place place = {.width = widths[i],
				      .right = column->right,
				      .keep_end = column->keep_end && row != SIZE_MAX,
				      .style = STYLE_HEADING,
				      .pending = &pending};

		if (table->put && row != SIZE_MAX && put_cell(table, row, i, &place, out))
			continue;
		strbuf_clear(text);
		if (row == SIZE_MAX) {
			strbuf_add_text(text, column->title);
		} else {
			place.style = STYLE_PLAIN;
			table->cell(table->data, row, i, text, &place.style);
		}
		write_cell(table, text, &place, out);
	}
	if (table->tail && row != SIZE_MAX) {
		strbuf_clear(text);
		table->tail(table->data, row, text);
		out_add(out, text->text, text->len);
	}
	out_add_char(out, '\n');
}

static void write_rows(void *data, unsigned thread, size_t first, size_t end, struct out *out)
{
	struct part *part = (struct part *)data + thread;

	for (size_t row = first; row < end && !out->error; row++)
		write_row(part->table, row, part->widths, &part->text, out);
}

static void measure_all(struct part parts[2], bool together)
{
	pthread_t thread;
	const bool started = together && !pthread_create(&thread, NULL, measure, &parts[1]);

	measure(&parts[0]);
	if (started)
		pthread_join(thread, NULL);
	for (size_t i = 0; i < parts[0].table->n_columns; i++)
		if (parts[1].widths[i] > parts[0].widths[i])
			parts[0].widths[i] = parts[1].widths[i];
}

int table_write(const struct table *table, struct out *out)
{
	AUTO(freep) size_t *widths = calloc(2 * (table->n_columns + 1), sizeof(*widths));
	const bool together = table->pure && table->n_rows >= WORTH_THREADS;
	atomic_size_t next = 0;
	struct part parts[2] = {
		{.table = table, .text = STRBUF_INIT, .widths = widths, .next = &next},
		{.table = table, .text = STRBUF_INIT, .next = &next},
	};

	if (!widths)
		return -ENOMEM;
	parts[1].widths = widths + table->n_columns + 1;
	measure_titles(table, widths);
	measure_all(parts, together);
	fit_screen(table, widths);
	parts[1].widths = widths;
	if (table->headings)
		write_row(table, SIZE_MAX, widths, &parts[0].text, out);
	if (together)
		turns_write(out, table->n_rows, write_rows, parts);
	else
		write_rows(parts, 0, 0, table->n_rows, out);
	const bool failed = parts[0].text.failed || parts[1].text.failed;
	strbuf_release(&parts[0].text);
	strbuf_release(&parts[1].text);
	return failed ? -ENOMEM : out->error;
}
