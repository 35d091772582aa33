/* SPDX-License-Identifier: MIT */
/* What each kind of note says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/auto.h"
#include "base/strbuf.h"
#include "core/note.h"
#include "core/snapshot.h"

static const struct {
	struct note note;
	const char *text;
} cases[] = {
	{{.kind = NOTE_ACTIVATION, .subject = "ssh.socket", .object = "ssh.service"},
	 "held for ssh.socket, which starts ssh.service"},
	{{.kind = NOTE_ACTIVATION, .subject = "ssh.socket", .object = "ssh.service", .pid = 7,
	  .comm = "sshd"},
	 "held for ssh.socket, which started ssh.service (sshd[7])"},
	{{.kind = NOTE_ACTIVATION, .object = "cat -"}, "held for cat -, started by the first connection"},
	{{.kind = NOTE_PASSED, .object = "web.socket"},
	 "passed by the service manager at its start, as web.socket"},
	{{.kind = NOTE_PASSED}, "passed by the service manager at its start"},
	{{.kind = NOTE_DEVICE, .subject = "vxlan", .object = "vx\n1"},
	 "the kernel's own, for vxlan vx\n1"},
	{{.kind = NOTE_KERNEL, .subject = "NFS"}, "the kernel's own, for NFS"},
	{{.kind = NOTE_IO_URING, .pid = 7, .fd = 3, .comm = "web"},
	 "registered with the io_uring of web[7], fd 3"},
	{{.kind = NOTE_IN_FLIGHT, .pid = 7, .fd = 3, .comm = "web"},
	 "in flight (SCM_RIGHTS) to a UNIX socket of web[7], fd 3"},
	{{.kind = NOTE_PROXY, .subject = "shop", .object = "172.17.0.2:80"},
	 "docker-proxy, for container shop at 172.17.0.2:80"},
	{{.kind = NOTE_PROXY, .object = "172.17.0.2:80"}, "docker-proxy, for container 172.17.0.2:80"},
};

static void says(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
		note_compose(&cases[i].note, &text);
		assert_string_equal(text.text, cases[i].text);
		assert_true(*note_kind_name((enum note_kind)cases[i].note.kind));
	}
}

static void finds(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = snapshot_new();

	snapshot_add_sock(snap);
	snapshot_add_sock(snap);
	snapshot_add_note(snap, 1)->kind = NOTE_KERNEL;
	snapshot_add_note(snap, 1)->kind = NOTE_DEVICE;
	assert_null(sock_note(snap, &snap->socks[0], 0));
	assert_int_equal(sock_note(snap, &snap->socks[1], 0)->kind, NOTE_KERNEL);
	assert_int_equal(sock_note(snap, &snap->socks[1], 1)->kind, NOTE_DEVICE);
	assert_null(sock_note(snap, &snap->socks[1], 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(says), cmocka_unit_test(finds)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
