/* SPDX-License-Identifier: MIT */
/* Measures, shortens where the screen is too narrow, prints. */
#include "render/table.h"
#include "base/auto.h"
#include "base/out.h"
#include "base/strbuf.h"
#include "render/width.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2, LEAST_CUT = 8 };

static void measure(const struct table *table, struct strbuf *text, size_t *widths)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		const char *title = table->columns[i].title;
		widths[i] = table->headings ? width_of(title, strlen(title)) : 0;
	}
	for (size_t row = 0; row < table->n_rows; row++)
		for (size_t i = 0; i < table->n_columns; i++) {
			enum style style = STYLE_PLAIN;
			strbuf_clear(text);
			table->cell(table->data, row, i, text, &style);
			size_t width = width_of(text->text, text->len);
			if (width > widths[i])
				widths[i] = width;
		}
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

/* Shorten @text to @width columns; the mark that something is missing takes one of them. */
static size_t cut_text(struct strbuf *text, size_t width)
{
	size_t used;
	size_t keep = width_fit(text->text, text->len, width - 1, &used);
	const char *mark = MB_CUR_MAX > 1 ? "\xe2\x80\xa6" : "+";

	text->len = keep;
	strbuf_add_text(text, mark);
	return used + 1;
}

struct place {
	size_t width;
	bool right;
	enum style style;
	size_t *pending; /* spaces due before the next text, so that no line ends in them */
};

static void write_cell(const struct table *table, struct strbuf *text, const struct place *place,
		       struct out *out)
{
	size_t width = width_of(text->text, text->len);

	if (width > place->width)
		width = cut_text(text, place->width);
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

/* @row of SIZE_MAX is the heading. */
static void write_row(const struct table *table, size_t row, const size_t *widths,
		      struct strbuf *text, struct out *out)
{
	size_t pending = 0;

	for (size_t i = 0; i < table->n_columns; i++) {
		const struct table_column *column = &table->columns[i];
		struct place place = {widths[i], column->right, STYLE_HEADING, &pending};

		strbuf_clear(text);
		if (row == SIZE_MAX) {
			strbuf_add_text(text, column->title);
		} else {
			place.style = STYLE_PLAIN;
			table->cell(table->data, row, i, text, &place.style);
		}
		write_cell(table, text, &place, out);
	}
	strbuf_clear(text);
	if (table->tail && row != SIZE_MAX)
		table->tail(table->data, row, text);
	out_add(out, text->text, text->len);
	out_add_char(out, '\n');
}

int table_write(const struct table *table, struct out *out)
{
	AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
	AUTO(freep) size_t *widths = calloc(table->n_columns + 1, sizeof(*widths));

	if (!widths)
		return -ENOMEM;
	measure(table, &text, widths);
	fit_screen(table, widths);
	if (table->headings)
		write_row(table, SIZE_MAX, widths, &text, out);
	for (size_t row = 0; row < table->n_rows && !out->error; row++)
		write_row(table, row, widths, &text, out);
	return text.failed ? -ENOMEM : out->error;
}
