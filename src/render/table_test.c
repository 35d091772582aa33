/* SPDX-License-Identifier: MIT */
/* Alignment, narrow screens, wide characters, colour; all as the terminal would get it. */
#include "render/table.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "base/out.h"
#include "base/strbuf.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char *const cells[][3] = {
	{"tcp", "22", "sshd: a very long listener"},
	{"udp", "51820", ""},
	{"\xe6\xb8\xaf", "8", "x"},
};

static const struct table_column columns[] = {
	{.title = "PROTO"},
	{.title = "PORT", .right = true},
	{.title = "WHO", .cut = true},
};

static void cell(const void *data, size_t row, size_t column, struct strbuf *text,
		 enum style *style)
{
	strbuf_add_text(text, cells[row][column]);
	if (column == 1)
		*style = STYLE_WARN;
}

static int keep(void *data, const char *bytes, size_t len)
{
	strbuf_add(data, bytes, len);
	return 0;
}

static void check(struct table table, const char *want)
{
	AUTO(strbuf_release) struct strbuf got = STRBUF_INIT;
	AUTO(out_release) struct out out;

	table.columns = columns;
	table.n_columns = N_ELEMENTS(columns);
	table.n_rows = N_ELEMENTS(cells);
	table.cell = cell;
	out_init(&out, keep, &got);
	assert_int_equal(table_write(&table, &out), 0);
	assert_int_equal(out_flush(&out), 0);
	assert_string_equal(got.text, want);
}

static void check_wide(void **state)
{
	check((struct table){.headings = true}, "PROTO   PORT  WHO\n"
						"tcp       22  sshd: a very long listener\n"
						"udp    51820\n"
						"\xe6\xb8\xaf         8  x\n");
}

static void check_narrow(void **state)
{
	check((struct table){.screen = 24}, "tcp     22  sshd: a ver\xe2\x80\xa6\n"
					    "udp  51820\n"
					    "\xe6\xb8\xaf       8  x\n");
	/* the least width of a column wins over the screen */
	check((struct table){.screen = 5}, "tcp     22  sshd: a\xe2\x80\xa6\n"
					   "udp  51820\n"
					   "\xe6\xb8\xaf       8  x\n");
}

static void end_cell(const void *data, size_t row, size_t column, struct strbuf *text,
		     enum style *style)
{
	static const char *const texts[] = {"127.0.0.1:65535", "/run/\xe6\xb8\xaf\xe6\xb8\xaf/a.sock",
					    "[2001:db8::1%eth0]:80", "short"};

	strbuf_add_text(text, texts[row]);
}

static void check_ends_are_kept(void **state)
{
	static const struct table_column one[] = {{.title = "LOCAL", .cut = true, .keep_end = true}};
	const struct table table = {.columns = one, .n_columns = 1, .n_rows = 4, .screen = 10,
				    .cell = end_cell};
	AUTO(out_release) struct out out;
	AUTO(strbuf_release) struct strbuf got = STRBUF_INIT;

	out_init(&out, keep, &got);
	assert_int_equal(table_write(&table, &out), 0);
	out_flush(&out);
	assert_string_equal(got.text, "127\xe2\x80\xa6:65535\n/run/\xe2\x80\xa6ock\n"
				      "[2001:\xe2\x80\xa6:80\nshort\n");
}

static void check_color(void **state)
{
	check((struct table){.color = true},
	      "tcp     \033[33m22\033[0m  sshd: a very long listener\n"
	      "udp  \033[33m51820\033[0m\n"
	      "\xe6\xb8\xaf       \033[33m8\033[0m  x\n");
}

static void number_cell(const void *data, size_t row, size_t column, struct strbuf *text,
			enum style *style)
{
	strbuf_add_u64(text, column ? row * row : row);
}

/* Of the second column only, as of a renderer that knows some. */
static size_t number_widest(const void *data, size_t first, size_t n, size_t column)
{
	const size_t last = first + n - 1;

	return column ? u64_width(last * last) : 0;
}

static void check_threads(void **state)
{
	AUTO(strbuf_release) struct strbuf one = STRBUF_INIT, two = STRBUF_INIT;
	struct table table = {
		.columns = columns, .n_columns = 2, .n_rows = 70001, .headings = true,
		.cell = number_cell,
	};

	for (int i = 0; i < 2; i++) {
		AUTO(out_release) struct out out;
		out_init(&out, keep, i ? &two : &one);
		table.pure = i;
		table.widest = i ? number_widest : NULL;
		assert_int_equal(table_write(&table, &out), 0);
		assert_int_equal(out_flush(&out), 0);
	}
	assert_true(one.len > 70001);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.text, two.text, one.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_wide),
		cmocka_unit_test(check_threads),
		cmocka_unit_test(check_narrow),
		cmocka_unit_test(check_ends_are_kept),
		cmocka_unit_test(check_color),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
