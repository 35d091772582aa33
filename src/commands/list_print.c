/* SPDX-License-Identifier: MIT */
/* Sockets as a table, as JSON, or only counted. */
#include "commands/list.h"
#include "commands/collect.h"
#include "commands/list_cells.h"
#include "commands/list_details.h"
#include "commands/output.h"
#include "base/auto.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "core/facts.h"
#include "core/fields.h"
#include "core/pair.h"
#include "core/snapshot.h"
#include "render/sock_json.h"
#include "render/table.h"

#include <errno.h>

struct rows {
	const struct list *list;
	const struct snapshot *snap;
	const uint32_t *rows;
};

static void cell(const void *data, size_t row, size_t column, struct strbuf *text,
		 enum style *style)
{
	const struct rows *rows = data;

	list_column_add_text(&rows->list->columns.columns[column], rows->snap,
			     &rows->snap->socks[rows->rows[row]], text);
}

static size_t widest(const void *data, size_t first, size_t n, size_t column)
{
	const struct rows *rows = data;

	return list_cells_widest(&rows->list->columns.columns[column], rows->snap,
				 rows->rows + first, n);
}

static size_t put(const void *data, size_t row, size_t column, char *to)
{
	const struct rows *rows = data;

	return list_cells_put(&rows->list->columns.columns[column], rows->snap,
			      &rows->snap->socks[rows->rows[row]], to);
}

static void tail(const void *data, size_t row, struct strbuf *text)
{
	const struct rows *rows = data;

	list_details_add(text, rows->list->details, rows->snap,
			 &rows->snap->socks[rows->rows[row]]);
}

static int print_table(const struct rows *rows, size_t n_rows, struct output *output)
{
	const struct list_columns *columns = &rows->list->columns;
	struct table_column titles[MAX_LIST_COLUMNS + 1];
	const struct table table = {
		.columns = titles,
		.n_columns = columns->n,
		.n_rows = n_rows,
		.headings = output->headings,
		.color = output->color,
		.screen = output->screen,
		.cell = cell,
		.widest = widest,
		.put = put,
		.pure = true,
		.tail = rows->list->details & ~(DETAIL_NUMERIC | DETAIL_LIKE_SS) ? tail : NULL,
		.data = rows,
	};

	for (size_t i = 0; i < columns->n; i++)
		titles[i] = (struct table_column){columns->columns[i].title,
						  columns->columns[i].right,
						  columns->columns[i].cut,
						  columns->columns[i].keep_end};
	output_page(output, n_rows + output->headings);
	return table_write(&table, &output->out);
}

static uint32_t json_facts(const struct list *list)
{
	const uint32_t facts = list_columns_needs(&list->columns) | list_details_facts(list->details);

	/* With --pairs the other end is an object of its own. */
	return list->pairs ? facts & ~(uint32_t)FACT_PAIRS : facts;
}

static void put_sock(struct json *json, const struct rows *rows, const struct sock *sock,
		     uint32_t facts)
{
	const struct sock *other = rows->list->pairs ? sock_pair(rows->snap, sock) : NULL;

	json_open(json, '{');
	sock_json_whole(json, rows->snap, sock, facts);
	if (other) {
		json_key(json, "peer");
		sock_json(json, rows->snap, other, facts);
	}
	json_close(json, '}');
}

static int print_json(const struct rows *rows, size_t n_rows, struct output *output)
{
	const struct list *list = rows->list;
	const struct field *chosen[MAX_LIST_COLUMNS + 1];
	const uint32_t facts = json_facts(list);
	AUTO(json_release) struct json json;

	for (size_t i = 0; i <= list->columns.n; i++)
		chosen[i] = i < list->columns.n ? list->columns.columns[i].field : NULL;
	json_init(&json, &output->out);
	if (output->json) {
		json_open(&json, '{');
		json_put_text(&json, "schema", "berth.list/1");
		json_put_u64(&json, "taken_ns", rows->snap->taken_ns);
		json_key(&json, "sockets");
		json_open(&json, '[');
	}
	for (size_t i = 0; i < n_rows && !output->out.error; i++) {
		const struct sock *sock = &rows->snap->socks[rows->rows[i]];
		if (output->json)
			json_line(&json);
		if (list->columns.chosen)
			sock_json_fields(&json, rows->snap, sock, chosen);
		else
			put_sock(&json, rows, sock, facts);
		if (output->ndjson)
			json_end(&json);
	}
	if (output->json) {
		json_close(&json, ']');
		coverage_json(rows->snap, &json);
		json_close(&json, '}');
		json_end(&json);
	}
	return json.scratch.failed ? -ENOMEM : output->out.error;
}

int list_print(const struct list *list, const struct snapshot *snap, const uint32_t *rows_,
	       size_t n_rows, struct output *output)
{
	const struct rows rows = {list, snap, rows_};

	return output->json || output->ndjson ? print_json(&rows, n_rows, output)
					      : print_table(&rows, n_rows, output);
}
