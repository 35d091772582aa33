/* SPDX-License-Identifier: MIT */
/* Files as systemd takes them, and the sockets they stand for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>

#include "base/auto.h"
#include "core/snapshot.h"
#include "sources/socket_unit.h"

static const char file[] = "# a comment\n[Unit]\nListenStream=9\n[Socket]\n"
			   "ListenStream=80\nListenStream = 127.0.0.1:81 \nListenDatagram=[::1]:82\n"
			   "ListenStream=%t/web.sock\nListenStream=@web\nListenStream=vsock::7\n"
			   "ListenStream=\\\n  83\nListenStream=x:1\nListenStream=[::1:1\n[Install]\n"
			   "WantedBy=sockets.target";

static struct sock inet(enum sock_proto proto, const char *address, uint16_t port)
{
	struct sock sock = {.proto = (uint8_t)proto, .local_port = port};

	assert_true(addr_parse(address, &sock.local));
	return sock;
}

static bool makes_unix(const struct socket_unit *unit, struct snapshot *snap, const char *name,
		       size_t len, int type)
{
	const struct sock sock = {.proto = SOCK_PROTO_UNIX, .type = (uint8_t)type,
				  .name = snapshot_text_id(snap, name, len)};

	return socket_unit_makes(unit, snap, &sock);
}

static void reads(void **state)
{
	AUTO(snapshot_freep) struct snapshot *snap = snapshot_new();
	struct socket_unit unit = {.name = "web.socket"};
	const struct {
		struct sock sock;
		bool made;
	} cases[] = {
		{inet(SOCK_PROTO_TCP, "::", 80), true},
		{inet(SOCK_PROTO_TCP, "0.0.0.0", 80), true},
		{inet(SOCK_PROTO_TCP, "127.0.0.1", 80), false},
		{inet(SOCK_PROTO_UDP, "::", 80), false},
		{inet(SOCK_PROTO_TCP, "127.0.0.1", 81), true},
		{inet(SOCK_PROTO_TCP, "0.0.0.0", 81), false},
		{inet(SOCK_PROTO_UDP, "::1", 82), true},
		{inet(SOCK_PROTO_TCP, "::", 83), true},
		{inet(SOCK_PROTO_TCP, "::", 9), false},
		{inet(SOCK_PROTO_TCP, "::", 7), false},
		{inet(SOCK_PROTO_TCP, "::", 1), false},
	};

	socket_unit_read(&snap->arena, file, "/run", &unit);
	for (size_t i = 0; i < N_ELEMENTS(cases); i++)
		assert_int_equal(socket_unit_makes(&unit, snap, &cases[i].sock), cases[i].made);
	assert_true(makes_unix(&unit, snap, "/run/web.sock", 13, SOCK_STREAM));
	assert_false(makes_unix(&unit, snap, "/run/web.sock", 13, SOCK_DGRAM));
	assert_true(makes_unix(&unit, snap, "\0web", 4, SOCK_STREAM));
	assert_false(makes_unix(&unit, snap, "\0web2", 5, SOCK_STREAM));
	assert_string_equal(socket_unit_starts(&snap->arena, &unit), "web.service");
	socket_unit_read(&snap->arena, "[Socket]\nAccept=yes\nListenStream=\nListenStream=84", "/run",
			 &unit);
	assert_int_equal(unit.n_listens, 1);
	assert_string_equal(socket_unit_starts(&snap->arena, &unit), "web@.service");
	socket_unit_read(&snap->arena, "[Socket]\nService=nginx.service", "/run", &unit);
	assert_string_equal(socket_unit_starts(&snap->arena, &unit), "nginx.service");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reads)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
