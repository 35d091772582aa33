/* SPDX-License-Identifier: MIT */
/* Lines as the kernel prints them, and lines it would never print. */
#include "base/auto.h"
#include "core/snapshot.h"
#include "sources/proc_net.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

static struct snapshot *snap;

static int parse(const char *line, enum sock_proto proto, struct sock *ret)
{
	*ret = (struct sock){};
	return proc_net_parse(line, strlen(line), proto, snap, ret);
}

static const struct {
	const char *line;
	enum sock_proto proto;
	const char *local, *remote;
	enum sock_state state;
	uint32_t recv_queue, send_queue, uid, inode, timer_ms;
	enum sock_timer timer;
} inet[] = {
	{"   0: 0100007F:07E8 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 1681 1 0000000000000000 100 0 0 10 0",
	 SOCK_PROTO_TCP, "127.0.0.1:2024", "0.0.0.0:0", SOCK_STATE_LISTEN, 3, 0, 1000, 1681},
	{"   1: 0500000A:0050 0900A8C0:C350 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0000000000000000",
	 SOCK_PROTO_TCP, "10.0.0.5:80", "192.168.0.9:50000", SOCK_STATE_TIME_WAIT,
	 .timer = SOCK_TIMER_TIME_WAIT, .timer_ms = 60000},
	{"  12: 0100007F:D431 0100007F:0016 01 0000000A:00000014 01:00000019 00000002     7        0 99 2 ffff88 20 4 30 10 -1",
	 SOCK_PROTO_TCP, "127.0.0.1:54321", "127.0.0.1:22", SOCK_STATE_ESTABLISHED, 20, 10, 7, 99,
	 250, SOCK_TIMER_RETRANS},
	{"   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5 1 x 100 0 0 10 0",
	 SOCK_PROTO_TCP, "[::1]:80", "[::]:0", SOCK_STATE_LISTEN, .inode = 5},
	{"  245: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1234 2 0000000000000000 0",
	 SOCK_PROTO_UDP, "0.0.0.0:68", "0.0.0.0:0", SOCK_STATE_CLOSE, .inode = 1234},
};

static void test_inet(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(inet); i++) {
		struct sock sock;
		char text[ADDR_TEXT_SIZE + 8];
		assert_int_equal(parse(inet[i].line, inet[i].proto, &sock), 0);
		addr_format_port(&sock.local, sock.local_port, text);
		assert_string_equal(text, inet[i].local);
		addr_format_port(&sock.remote, sock.remote_port, text);
		assert_string_equal(text, inet[i].remote);
		assert_int_equal(sock.state, inet[i].state);
		assert_int_equal(sock.recv_queue, inet[i].recv_queue);
		assert_int_equal(sock.send_queue, inet[i].send_queue);
		assert_int_equal(sock.uid, inet[i].uid);
		assert_int_equal(sock.inode, inet[i].inode);
		assert_int_equal(sock.timer, inet[i].timer);
		assert_int_equal(sock.timer_ms, inet[i].timer_ms);
	}
}

static void test_unix(void **state)
{
	static const struct {
		const char *line, *name;
		size_t len;
		enum sock_state state;
		int type;
	} lines[] = {
		{"0000000000000000: 00000002 00000000 00010000 0001 01 20482 /run/a b", "/run/a b", 8,
		 SOCK_STATE_LISTEN, SOCK_STREAM},
		{"ffff8881: 00000003 00000000 00000000 0002 01 20483 @x", "\0x", 2,
		 SOCK_STATE_CLOSE, SOCK_DGRAM},
		{"ffff8881: 00000003 00000000 00000000 0005 03 20484", "", 0,
		 SOCK_STATE_ESTABLISHED, SOCK_SEQPACKET},
	};

	for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
		struct sock sock;
		size_t len;
		assert_int_equal(parse(lines[i].line, SOCK_PROTO_UNIX, &sock), 0);
		const char *name = snapshot_text(snap, sock.name, &len);
		assert_int_equal(len, lines[i].len);
		assert_memory_equal(name, lines[i].name, len);
		assert_int_equal(sock.state, lines[i].state);
		assert_int_equal(sock.type, lines[i].type);
		assert_int_equal(sock.inode, 20482 + i);
	}
}

static void test_packet_and_netlink(void **state)
{
	struct sock sock;

	assert_int_equal(parse("ffff88 3      3    0003   2     1 640    33     30163 ",
			       SOCK_PROTO_PACKET, &sock), 0);
	assert_int_equal(sock.type, SOCK_RAW);
	assert_int_equal(sock.local_port, 3);
	assert_int_equal(sock.device, 2);
	assert_int_equal(sock.recv_queue, 640);
	assert_int_equal(sock.uid, 33);
	assert_int_equal(sock.inode, 30163);
	assert_int_equal(parse("0000000000000000 15  812        00000002 0        8        0     2        0        11870",
			       SOCK_PROTO_NETLINK, &sock), 0);
	assert_int_equal(sock.local_port, 15);
	assert_int_equal(sock.send_queue, 8);
	assert_int_equal(sock.inode, 11870);
	assert_string_equal(snapshot_text(snap, sock.name, NULL), "uevent:812");
}

static void test_refuse(void **state)
{
	static const char *const bad[] = {
		"", " ", "  sl  local_address rem_address   st tx_queue", "0: 0100007F:07E8",
		"0: 010000:07E8 00000000:0000 0A 0:0 00:0 0 0 0 1",
		"0: 0100007F:07E8 00000000000000000000000001000000:0000 0A 0:0 00:0 0 0 0 1",
		"Num       RefCount Protocol Flags    Type St Inode Path",
	};
	struct sock sock;

	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		for (enum sock_proto proto = 0; proto <= SOCK_PROTO_OTHER; proto++)
			assert_int_equal(parse(bad[i], proto, &sock), -EBADMSG);
	/* Every cut of a good line before its inode is bad. */
	for (size_t i = 0; i < N_ELEMENTS(inet); i++)
		for (size_t len = 0; len < 80; len++) {
			sock = (struct sock){};
			assert_int_equal(proc_net_parse(inet[i].line, len, inet[i].proto, snap,
							&sock), -EBADMSG);
		}
}

static int set_up(void **state)
{
	snap = snapshot_new();
	return !snap;
}

static int tear_down(void **state)
{
	snapshot_free(snap);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inet),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_packet_and_netlink),
		cmocka_unit_test(test_refuse),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
