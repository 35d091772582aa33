/* SPDX-License-Identifier: MIT */
/* Records as the kernel half writes them. */
#include "sources/bpf_decode.h"
#include "bpf/wire.h"
#include "core/bind_facts.h"
#include "core/sock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static void a_listener_keeps_its_options(void **state)
{
	const struct wire_socket from = {
		.family = AF_INET6,
		.state = SOCK_STATE_LISTEN,
		.type = SOCK_STREAM,
		.local_port = 8080,
		.recv_queue = 3,
		.send_queue = 128,
		.reuse = 1,
		.flags = WIRE_V6ONLY | WIRE_HAS_BIND,
		.inet_flags = 1u << WIRE_INET_FREEBIND,
		.inode = 77,
	};
	struct sock sock = {0};

	bpf_decode_tcp(&from, &sock);
	assert_int_equal(sock.state, SOCK_STATE_LISTEN);
	assert_int_equal(sock.local.family, ADDR_IPV6);
	assert_int_equal(sock.local_port, 8080);
	assert_int_equal(sock.recv_queue, 3);
	assert_int_equal(sock.inode, 77);
	assert_true(sock_option_is(&sock, SOCK_OPTION_V6ONLY));
	assert_true(sock_option_is(&sock, SOCK_OPTION_REUSEADDR));
	assert_true(sock_option_is(&sock, SOCK_OPTION_FREEBIND));
	assert_false(sock_option_is(&sock, SOCK_OPTION_REUSEPORT));
	assert_true(sock.options_known & SOCK_OPTION_REUSEPORT);
	assert_false(sock.options_known & SOCK_OPTION_REUSEPORT_PROG);
}

static void what_is_left_of_a_connection_has_few_options(void **state)
{
	const struct wire_socket from = {.family = AF_INET, .state = SOCK_STATE_TIME_WAIT,
					 .local = {10, 0, 0, 1}, .timer = SOCK_TIMER_TIME_WAIT};
	struct sock sock = {0};

	bpf_decode_tcp(&from, &sock);
	assert_int_equal(sock.local.family, ADDR_IPV4);
	assert_int_equal(sock.local.bytes[0], 10);
	assert_int_equal(sock.options_known, SOCK_OPTION_REUSEADDR | SOCK_OPTION_REUSEPORT);
	assert_int_equal(sock.timer, SOCK_TIMER_TIME_WAIT);
}

static void states_are_those_of_sock_diag(void **state)
{
	assert_int_equal(bpf_decode_state(&(struct wire_socket){.state = SOCK_STATE_NEW_SYN_RECV}),
			 SOCK_STATE_SYN_RECV);
	assert_int_equal(bpf_decode_state(&(struct wire_socket){.state = SOCK_STATE_CLOSE}),
			 SOCK_STATE_BOUND_INACTIVE);
	assert_int_equal(bpf_decode_state(&(struct wire_socket){.state = 200}), SOCK_STATE_UNKNOWN);
}

static void a_queue_is_never_negative(void **state)
{
	struct sock sock = {0};

	bpf_decode_tcp(&(struct wire_socket){.family = AF_INET, .recv_queue = UINT32_MAX}, &sock);
	assert_int_equal(sock.recv_queue, 0);
}

static void the_bucket_is_kept(void **state)
{
	const struct wire_socket from = {
		.type = SOCK_STREAM,
		.userlocks = WIRE_LOCK_PORT,
		.flags = WIRE_REUSEPORT_PROG,
		.reuseport_members = 4,
	};
	const struct wire_bind more = {
		.has_bucket = 1,
		.bucket_v6only = 1,
		.bucket_fastreuse = -1,
		.bucket_fastreuseport = 2,
		.bucket_family = AF_INET6,
		.bucket_addr = {[15] = 1},
		.bucket_uid = 33,
		.behind_in_chain = 3,
	};
	struct sock sock = {0};
	struct bind_facts bind = {0};

	bpf_decode_bind(&from, &sock, &bind);
	bpf_decode_more(&more, true, &bind);
	assert_true(bind.known && bind.has_bucket && bind.bucket_v6only);
	assert_int_equal(bind.bucket_fastreuse, -1);
	assert_int_equal(bind.bucket_fastreuseport, 2);
	assert_true(addr_is_loopback(&bind.bucket_addr));
	assert_int_equal(bind.bucket_uid, 33);
	assert_int_equal(bind.reuseport_members, 4);
	assert_true(bind.has_place);
	assert_int_equal(bind.behind_in_chain, 3);
	assert_true(sock_option_is(&sock, SOCK_OPTION_REUSEPORT_PROG));
	assert_true(sock_option_is(&sock, SOCK_OPTION_LOCK_PORT));
	assert_false(sock_option_is(&sock, SOCK_OPTION_LOCK_ADDR));
}

static void a_chain_too_long_to_count_gives_no_place(void **state)
{
	const struct wire_bind more = {.behind_in_port = WIRE_BEHIND_MAX};
	struct bind_facts bind = {0};

	bpf_decode_more(&more, true, &bind);
	assert_true(bind.known);
	assert_false(bind.has_place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listener_keeps_its_options),
		cmocka_unit_test(what_is_left_of_a_connection_has_few_options),
		cmocka_unit_test(states_are_those_of_sock_diag),
		cmocka_unit_test(a_queue_is_never_negative),
		cmocka_unit_test(the_bucket_is_kept),
		cmocka_unit_test(a_chain_too_long_to_count_gives_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
