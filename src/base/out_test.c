/* SPDX-License-Identifier: MIT */
/* Every byte arrives once and in order, whatever the sizes; a failed sink is asked no more. */
#include "base/out.h"
#include "base/strbuf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static int keep(void *data, const char *bytes, size_t len)
{
	strbuf_add(data, bytes, len);
	return 0;
}

static int refuse(void *data, const char *bytes, size_t len)
{
	++*(int *)data;
	return -EPIPE;
}

static void check_order(void **state)
{
	struct strbuf got = STRBUF_INIT, want = STRBUF_INIT;
	char *big = calloc(1, 3 * OUT_ROOM);
	struct out out;

	memset(big, 'x', 3 * OUT_ROOM);
	out_init(&out, keep, &got);
	for (size_t i = 0; i < 40; i++) {
		size_t len = i * 7919 % (3 * OUT_ROOM);
		out_add(&out, big, len);
		strbuf_add(&want, big, len);
		out_add_u64(&out, i);
		strbuf_add_u64(&want, i);
		out_add_spaces(&out, i * 9);
		strbuf_printf(&want, "%*s", (int)i * 9, "");
	}
	assert_int_equal(out_flush(&out), 0);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.text, want.text, want.len);
	out_release(&out);
	strbuf_release(&got);
	strbuf_release(&want);
	free(big);
}

static void check_refusal(void **state)
{
	struct out out;
	int calls = 0;

	out_init(&out, refuse, &calls);
	for (int i = 0; i < 100000; i++)
		out_add_text(&out, "0123456789");
	assert_int_equal(out_flush(&out), -EPIPE);
	assert_int_equal(calls, 1);
	out_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_order),
		cmocka_unit_test(check_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
