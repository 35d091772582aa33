/* SPDX-License-Identifier: MIT */
/* The truth tables of TCP and UDP bind(): addresses that meet, options that share. */
#include "model/script.h"
#include "base/auto.h"
#include "base/strbuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void keep_last(const struct script_answer *answer, void *data)
{
	struct strbuf *last = data;

	strbuf_clear(last);
	strbuf_add_text(last, answer->text);
}

/* The last answer of a script; the caller frees nothing: it stays until the next call. */
static const char *last_answer(const char *script)
{
	static struct strbuf last;
	struct script_error error = {0};

	strbuf_release(&last);
	strbuf_init(&last);
	int r = model_script_run(script, strlen(script), NULL, keep_last, &last, &error);
	if (r)
		fail_msg("line %u: %s\n%s", error.line, error.text, script);
	return last.text;
}

/* How each row and column of the address matrix is bound. */
struct binding {
	const char *name, *family, *address;
};

static const struct binding bindings[] = {
	{"4:*", "inet", "0.0.0.0"},
	{"4:A", "inet", "10.0.0.1"},
	{"4:B", "inet", "10.0.0.2"},
	{"6:* dual", "inet6", "[::]"},
	{"6:* only", "inet6 v6only", "[::]"},
	{"6:X", "inet6", "[2001:db8::1]"},
	{"6:Y", "inet6", "[2001:db8::2]"},
	{"m:*", "inet6", "[::ffff:0.0.0.0]"},
	{"m:A", "inet6", "[::ffff:10.0.0.1]"},
	{"m:B", "inet6", "[::ffff:10.0.0.2]"},
};
enum { N_COLUMNS = N_ELEMENTS(bindings) };

/* Measured on Linux 6.18: row new, column old, X overlap; the same for TCP and UDP. */
static const struct {
	unsigned binding;
	const char *overlaps;
} matrix[] = {
	{0, "XXXX...XXX"}, {1, "XX.X...XX."}, {3, "XXXXXXXXXX"}, {4, "...XXXX..."},
	{5, "...XXX...."}, {6, "...XX.X..."}, {7, "XXXX...XXX"}, {8, "XX.X...XX."},
};

static const char host[] = "host address 10.0.0.1 eth0\nhost address 10.0.0.2 eth0\n"
			   "host address 2001:db8::1 eth0\nhost address 2001:db8::2 eth0\n";

static void check_matrix(const char *proto)
{
	for (size_t i = 0; i < N_ELEMENTS(matrix); i++) {
		for (unsigned k = 0; k < N_COLUMNS; k++) {
			AUTO(strbuf_release) struct strbuf script = STRBUF_INIT;
			const struct binding *new = &bindings[matrix[i].binding];
			const struct binding *old = &bindings[k];
			strbuf_printf(&script,
				      "%sa = socket %s %s\nbind a %s:80\nb = socket %s %s\n"
				      "bind b %s:80\n",
				      host, proto, old->family, old->address, proto, new->family,
				      new->address);
			bool refused = !strncmp(last_answer(script.text), "EADDRINUSE", 10);
			if (refused != (matrix[i].overlaps[k] == 'X'))
				fail_msg("%s: new %s, old %s: %s", proto, new->name, old->name,
					 last_answer(script.text));
		}
	}
}

static void tcp_addresses_meet(void **state)
{
	check_matrix("tcp");
}

static void udp_addresses_meet(void **state)
{
	check_matrix("udp");
}

/* The dual-stack socket that is connected over IPv6: 0.0.0.0 meets it, ::ffff:0.0.0.0 does not. */
static void dummy_address_meets(void **state)
{
	static const struct {
		const char *family, *address;
		bool meets;
	} rows[] = {
		{"inet", "0.0.0.0", true},	 {"inet", "10.0.0.1", false},
		{"inet6", "[::]", true},	 {"inet6 v6only", "[::]", true},
		{"inet6", "[2001:db8::1]", true}, {"inet6", "[2001:db8::2]", false},
		{"inet6", "[::ffff:0.0.0.0]", false}, {"inet6", "[::ffff:10.0.0.1]", false},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		AUTO(strbuf_release) struct strbuf script = STRBUF_INIT;
		strbuf_printf(&script,
			      "%sa = socket tcp inet6\nbind a [::]:80\nlisten a\n"
			      "c = socket tcp inet6\nbind c [2001:db8::1]:90\n"
			      "connect c [2001:db8::1]:80\nd = accept a\nclose a\n"
			      "b = socket tcp %s\nbind b %s:80\n",
			      host, rows[i].family, rows[i].address);
		bool refused = !strncmp(last_answer(script.text), "EADDRINUSE", 10);
		if (refused != rows[i].meets)
			fail_msg("%s %s: %s", rows[i].family, rows[i].address,
				 last_answer(script.text));
	}
}

/* Options of both; S share, X EADDRINUSE: LISTEN same and other uid, bound same and other uid. */
static const struct {
	const char *new, *old, *tcp, *udp; /* udp: same uid, other uid */
} sharing[] = {
	{"", "", "XXXX", "XX"},
	{"reuseaddr", "", "XXXX", "XX"},
	{"", "reuseaddr", "XXXX", "XX"},
	{"reuseport", "reuseaddr", "XXXX", "XX"},
	{"reuseaddr", "reuseport", "XXXX", "XX"},
	{"reuseaddr", "reuseaddr", "XXSS", "SS"},
	{"reuseaddr reuseport", "reuseaddr", "XXSS", "SS"},
	{"reuseport", "reuseport", "SXSX", "SX"},
	{"reuseport", "reuseaddr reuseport", "SXSX", "SX"},
	{"reuseaddr reuseport", "reuseaddr reuseport", "SXSS", "SS"},
	{"reuseport program", "reuseport", "XXXX", "XX"},
	{"reuseaddr reuseport program", "reuseaddr reuseport", "XXSS", "SS"},
};

static void check_sharing(const char *proto, size_t row, char want, const char *uid, bool listens)
{
	AUTO(strbuf_release) struct strbuf script = STRBUF_INIT;

	/* The old one on a specific address, so that the port's memory does not answer. */
	strbuf_printf(&script,
		      "a = socket %s inet uid 1 %s\nbind a 127.0.0.1:80\n%s"
		      "b = socket %s inet uid %s %s\nbind b 0.0.0.0:80\n",
		      proto, sharing[row].old, listens ? "listen a\n" : "", proto, uid,
		      sharing[row].new);
	const char *answer = last_answer(script.text);
	if (strncmp(answer, want == 'S' ? "ok" : "EADDRINUSE", 2))
		fail_msg("%s, wanted %c\n%s", answer, want, script.text);
}

static void tcp_options_share(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(sharing); i++) {
		check_sharing("tcp", i, sharing[i].tcp[0], "1", true);
		check_sharing("tcp", i, sharing[i].tcp[1], "2", true);
		check_sharing("tcp", i, sharing[i].tcp[2], "1", false);
		check_sharing("tcp", i, sharing[i].tcp[3], "2", false);
	}
}

static void udp_options_share(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(sharing); i++) {
		check_sharing("udp", i, sharing[i].udp[0], "1", false);
		check_sharing("udp", i, sharing[i].udp[1], "2", false);
		check_sharing("udplite", i, sharing[i].udp[1], "2", false);
	}
}

static void unknown_options_branch(void **state)
{
	assert_string_equal(last_answer("a = socket tcp inet uid 1 reuseport ?\nbind a 127.0.0.1:80\n"
					"b = socket tcp inet uid 1 reuseport\nbind b 0.0.0.0:80\n"),
			    "depends on reuseport of a: if set ok, if not EADDRINUSE held by a: "
			    "port-in-use");
	assert_string_equal(last_answer("a = socket tcp inet uid ? reuseport\nbind a 127.0.0.1:80\n"
					"b = socket tcp inet uid 1 reuseport\nbind b 0.0.0.0:80\n"),
			    "depends on uid of a: if set ok, if not EADDRINUSE held by a: "
			    "reuseport-uid");
	/* The asker's own. */
	assert_string_equal(last_answer("a = socket tcp inet reuseport\nbind a 127.0.0.1:80\n"
					"b = socket tcp inet reuseport ?\nbind b 0.0.0.0:80\n"),
			    "depends on reuseport of b: if set ok, if not EADDRINUSE held by a: "
			    "port-in-use");
	/* What is unknown but does not matter is not asked for. */
	assert_string_equal(last_answer("a = socket tcp inet reuseport ? reuseaddr ?\n"
					"bind a 127.0.0.1:80\n"
					"b = socket tcp inet\nbind b 0.0.0.0:80\n"),
			    "EADDRINUSE held by a: port-in-use");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp_addresses_meet),	cmocka_unit_test(udp_addresses_meet),
		cmocka_unit_test(dummy_address_meets),	cmocka_unit_test(tcp_options_share),
		cmocka_unit_test(udp_options_share),	cmocka_unit_test(unknown_options_branch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
