/* SPDX-License-Identifier: MIT */
/* The language of berth model: the words of the answers, and where errors are. */
#include "model/script.h"
#include "base/auto.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

static void collect(const struct script_answer *answer, void *data)
{
	strbuf_printf(data, "%s\n", answer->text);
}

static void check(const char *script, const char *answers)
{
	AUTO(strbuf_release) struct strbuf got = STRBUF_INIT;
	struct script_error error = {0};
	int r = model_script_run(script, strlen(script), NULL, collect, &got, &error);

	if (r)
		fail_msg("line %u, column %u: %s", error.line, error.column, error.text);
	assert_string_equal(got.text, answers);
}

static void every_line_has_its_answer(void **state)
{
	check("host address 10.0.0.1 eth0           # always there\n"
	      "\n# nothing\n"
	      "host range 32768-60999\n"
	      "a = socket tcp inet6 uid 1000 reuseaddr reuseport\n"
	      "bind a [::]:80\n"
	      "listen a\n"
	      "b = socket tcp inet\n"
	      "connect b 10.0.0.1:80\n"
	      "c = accept a\n"
	      "x = socket tcp inet6 uid 0 reuseport\n"
	      "bind x [::]:80\n"
	      "shutdown a\n"
	      "close b linger0\n"
	      "deliver tcp 10.9.9.9:50001 > 10.0.0.1:80 dev eth0",
	      "ok\nok\nok\nok port 80\nok\nok\nok port in 32768-60999 (14116 candidates)\nok\nok\n"
	      "EADDRINUSE held by a: reuseport-uid\nok\nok\n-> none: RST\n");
}

/* np->saddr: bind() to IPv6 multicast leaves the source that a bind() without a port has set. */
static void multicast_leaves_the_source(void **state)
{
	check("a = socket udp inet6 no-port\nbind a [::ffff:127.0.0.1]:0\nbind a [ff0e::1:2]:80\n"
	      "connect a [::1]:50001\n"
	      "b = socket udp inet6 no-port\nbind b [::1]:0\nbind b [ff0e::1:2]:81\n"
	      "connect b [::1]:50001\n",
	      "ok\nok\nok port 80\nEAFNOSUPPORT: address-family\nok\nok\nok port 81\nok\n");
}

static void hints_say_what_the_kernel_did(void **state)
{
	check("a = socket tcp inet\nbind a 127.0.0.1:0 chose 40001\n"
	      "b = socket tcp inet\nbind b 127.0.0.1:0 chose 40000\n"
	      "bind b 127.0.0.1:0 chose none\nbind b 127.0.0.1:80 chose 81\n",
	      "ok\nok port 40001\nok\nnot a candidate: port 40000 (14115 candidates)\n"
	      "not a candidate: no port (14115 candidates)\n"
	      "not a candidate: port 81 (0 candidates)\n");
	check("host range 5-9\na = socket tcp inet\nbind a 127.0.0.1:6\nb = socket tcp inet\n"
	      "bind b 127.0.0.1:8\nc = socket tcp inet\nbind c 127.0.0.1:7\n"
	      "d = socket tcp inet\nbind d 127.0.0.1:0\n",
	      "ok\nok\nok port 6\nok\nok port 8\nok\nok port 7\nok\n"
	      "ok port in 5-9 (2 candidates)\n");
	check("host range 5-9\nhost reserved 6-8\na = socket tcp inet\nbind a 127.0.0.1:9\n"
	      "b = socket tcp inet\nbind b 127.0.0.1:0\n",
	      "ok\nok\nok\nok port 9\nok\nok port 5, or none found\n");
}

static void groups_are_named(void **state)
{
	check("a = socket tcp inet reuseport\nbind a 0.0.0.0:80\nlisten a\n"
	      "c = socket tcp inet reuseport\nbind c 0.0.0.0:80\nlisten c\n"
	      "deliver tcp 127.0.0.1:1 > 127.0.0.1:80\nb = socket tcp inet\n"
	      "connect b 127.0.0.1:80 chose 40000 by c\nd = accept a\nd = accept c\n"
	      "deliver tcp 127.0.0.1:40000 > 127.0.0.1:80\n",
	      "ok\nok port 80\nok\nok\nok port 80\nok\n-> one of a, c: reuseport-hash\nok\n"
	      "ok port 40000\nEAGAIN: accept-empty\nok\n-> d\n");
}

static void endings_follow_tcp(void **state)
{
	/* Half-closed by both in turn; the first to close keeps TIME_WAIT. */
	check("a = socket tcp inet\nbind a 127.0.0.1:80\nlisten a\n"
	      "b = socket tcp inet\nbind b 127.0.0.1:5000\nconnect b 127.0.0.1:80\nc = accept a\n"
	      "close a\nshutdown b\nclose c\nclose b\n"
	      "d = socket tcp inet\nbind d 127.0.0.1:80\nbind d 127.0.0.1:5000\nexpire b\n"
	      "e = socket tcp inet\nbind e 127.0.0.1:5000\n",
	      "ok\nok port 80\nok\nok\nok port 5000\nok\nok\nok\nok\nok\nok\nok\nok port 80\n"
	      "EINVAL: already-bound\nok\nok\nok port 5000\n");
}

static void errors_say_where(void **state)
{
	static const struct {
		const char *script;
		unsigned line, column;
	} rows[] = {
		{"frobnicate", 1, 1},
		{"\n  bind a 1.2.3.4:80", 2, 8},
		{"a = socket sctp inet", 1, 12},
		{"a = socket tcp", 1, 15},
		{"a = socket tcp inet\na = socket tcp inet", 2, 1},
		{"a = socket tcp inet\nbind a 1.2.3.4", 2, 8},
		{"a = socket tcp inet\nbind a [1.2.3.4]:80", 2, 8},
		{"a = socket tcp inet\nbind a ::1:80", 2, 8},
		{"a = socket tcp inet\nbind a 1.2.3.4:65536", 2, 8},
		{"a = socket tcp inet\nbind a 1.2.3.4:80 loudly", 2, 19},
		{"a = socket tcp inet device eth9", 1, 28},
		{"a = socket tcp inet\nclose a\nlisten a", 3, 8},
		{"host range 5-4", 1, 12},
		{"host reserved 1,x", 1, 17},
		{"host", 1, 5},
		{"deliver tcp 1.2.3.4:1 1.2.3.4:2", 1, 23},
		{"deliver tcp 1.2.3.4:1 > [::1]:2", 1, 25},
		{"1a = socket tcp inet", 1, 1},
		{"a = socket tcp inet\nset a nothing on", 2, 7},
		{"a = socket tcp inet\nset a reuseaddr maybe", 2, 17},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		AUTO(strbuf_release) struct strbuf got = STRBUF_INIT;
		struct script_error error = {0};
		int r = model_script_run(rows[i].script, strlen(rows[i].script), NULL, collect, &got,
					 &error);
		assert_int_equal(r, -EINVAL);
		if (error.line != rows[i].line || error.column != rows[i].column)
			fail_msg("'%s': line %u, column %u: %s", rows[i].script, error.line,
				 error.column, error.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_has_its_answer),
		cmocka_unit_test(multicast_leaves_the_source),
		cmocka_unit_test(hints_say_what_the_kernel_did),
		cmocka_unit_test(groups_are_named),
		cmocka_unit_test(endings_follow_tcp),
		cmocka_unit_test(errors_say_where),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
