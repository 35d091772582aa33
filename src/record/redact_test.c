/* SPDX-License-Identifier: MIT */
/* What leaves the house in a bug report. */
#include "record/redact.h"
#include "core/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct addr address(const char *text)
{
	struct addr addr;

	assert_true(addr_parse(text, &addr));
	return addr;
}

static void test_redact(void **state)
{
	static const char *const remotes[] = {"8.8.8.8", "10.1.2.3", "2a00::1", "::ffff:9.9.9.9",
					      "8.8.8.8", "127.0.0.1"};
	struct snapshot *snap = snapshot_new();
	char text[ADDR_TEXT_SIZE];

	for (size_t i = 0; i < 6; i++) {
		struct sock *sock = snapshot_add_sock(snap);
		sock->local = addr_any(ADDR_IPV4);
		sock->remote = address(remotes[i]);
	}
	snap->socks[1].name = snapshot_text_id(snap, "/srv/customer/x.sock", 20);
	struct proc *proc = snapshot_add_proc(snap);
	proc->cmdline = "db --password=secret";
	proc->exe = "/home/ada/bin/db";
	assert_int_equal(redact(snap), 0);
	assert_null(snap->procs[0].cmdline);
	assert_string_equal(snap->procs[0].exe, "db");
	assert_string_equal(snapshot_text(snap, snap->socks[1].name, NULL), "x.sock");
	assert_true(addr_equal(&snap->socks[0].remote, &snap->socks[4].remote));
	assert_memory_equal(addr_format(&snap->socks[0].remote, text), "198.18.", 7);
	assert_string_equal(addr_format(&snap->socks[1].remote, text), "10.1.2.3");
	assert_memory_equal(addr_format(&snap->socks[2].remote, text), "2001:db8:", 9);
	assert_memory_equal(addr_format(&snap->socks[3].remote, text), "::ffff:198.18.", 14);
	assert_string_equal(addr_format(&snap->socks[5].remote, text), "127.0.0.1");
	snapshot_free(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_redact)};

	return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
