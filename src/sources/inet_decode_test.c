/* SPDX-License-Identifier: MIT */
/* Answers of inet_diag, built as the kernel builds them, into sockets. */
#include "base/auto.h"
#include "core/sock_extra.h"
#include "sources/inet_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct answer {
	char bytes[1024] __attribute__((aligned(4)));
	struct nlmsghdr *msg;
	struct inet_diag_msg *diag;
};

static void begin(struct answer *answer, const char *local, const char *remote)
{
	memset(answer, 0, sizeof(*answer));
	answer->msg = mnl_nlmsg_put_header(answer->bytes);
	answer->msg->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	answer->diag = mnl_nlmsg_put_extra_header(answer->msg, sizeof(*answer->diag));
	const int family = strchr(local, ':') ? AF_INET6 : AF_INET;
	answer->diag->idiag_family = (uint8_t)family;
	assert_int_equal(inet_pton(family, local, answer->diag->id.idiag_src), 1);
	assert_int_equal(inet_pton(family, remote, answer->diag->id.idiag_dst), 1);
	answer->diag->id.idiag_sport = htons(443);
	answer->diag->id.idiag_dport = htons(50000);
}

static struct sock decode(const struct answer *answer, enum sock_proto proto,
			  struct sock_extra *extra, uint64_t *cgroup_id)
{
	struct sock sock = {};
	uint64_t id;

	assert_int_equal(inet_diag_decode(answer->msg, proto, &sock, extra, &id), 0);
	if (cgroup_id)
		*cgroup_id = id;
	return sock;
}

static void assert_addr(const struct addr *addr, const char *text)
{
	char got[ADDR_TEXT_SIZE];

	assert_string_equal(addr_format(addr, got), text);
}

static void test_basic(void **state)
{
	struct answer answer;

	begin(&answer, "10.0.0.5", "192.168.1.9");
	struct inet_diag_msg *diag = answer.diag;
	diag->idiag_state = 1;
	diag->idiag_timer = 1;
	diag->idiag_retrans = 3;
	diag->idiag_expires = 1234;
	diag->idiag_rqueue = 11;
	diag->idiag_wqueue = 22;
	diag->idiag_uid = 1000;
	diag->idiag_inode = 4711;
	diag->id.idiag_cookie[0] = 0x11223344;
	diag->id.idiag_cookie[1] = 0x55667788;
	const struct sock sock = decode(&answer, SOCK_PROTO_TCP, NULL, NULL);
	assert_addr(&sock.local, "10.0.0.5");
	assert_addr(&sock.remote, "192.168.1.9");
	assert_int_equal(sock.local_port, 443);
	assert_int_equal(sock.remote_port, 50000);
	assert_int_equal(sock.state, SOCK_STATE_ESTABLISHED);
	assert_int_equal(sock.timer, SOCK_TIMER_RETRANS);
	assert_int_equal(sock.timer_ms, 1234);
	assert_int_equal(sock.retransmits, 3);
	assert_int_equal(sock.recv_queue, 11);
	assert_int_equal(sock.send_queue, 22);
	assert_int_equal(sock.uid, 1000);
	assert_int_equal(sock.inode, 4711);
	assert_true(sock.cookie == 0x5566778811223344);
	assert_int_equal(sock.type, SOCK_STREAM);
	assert_int_equal(sock.options_known, 0);
}

static void test_states(void **state)
{
	struct answer answer;

	begin(&answer, "::", "::");
	for (unsigned kernel = 0; kernel < 256; kernel++) {
		answer.diag->idiag_state = (uint8_t)kernel;
		const struct sock tcp = decode(&answer, SOCK_PROTO_TCP, NULL, NULL);
		const struct sock udp = decode(&answer, SOCK_PROTO_UDP, NULL, NULL);
		const unsigned known = kernel < N_SOCK_STATES ? kernel : SOCK_STATE_UNKNOWN;
		assert_int_equal(udp.state, known);
		assert_int_equal(tcp.state,
				 kernel == SOCK_STATE_CLOSE ? SOCK_STATE_BOUND_INACTIVE : known);
	}
}

static void test_scope(void **state)
{
	struct answer answer;

	begin(&answer, "fe80::1", "2001:db8::1");
	answer.diag->id.idiag_if = 3;
	struct sock sock = decode(&answer, SOCK_PROTO_UDP, NULL, NULL);
	assert_addr(&sock.local, "fe80::1%3");
	assert_addr(&sock.remote, "2001:db8::1");
	assert_int_equal(sock.device, 3);
	answer.diag->id.idiag_if = 0;
	sock = decode(&answer, SOCK_PROTO_UDP, NULL, NULL);
	assert_addr(&sock.local, "fe80::1");
}

static void test_options(void **state)
{
	struct answer answer;
	uint64_t cgroup_id;

	begin(&answer, "::1", "::");
	mnl_attr_put_u8(answer.msg, INET_DIAG_SHUTDOWN, 2);
	mnl_attr_put_u8(answer.msg, INET_DIAG_SKV6ONLY, 1);
	mnl_attr_put_u32(answer.msg, INET_DIAG_MARK, 0xabc);
	mnl_attr_put_u64(answer.msg, INET_DIAG_CGROUP_ID, 0x123456789a);
	mnl_attr_put(answer.msg, INET_DIAG_SOCKOPT, 2, "\x04\x01"); /* freebind, no port */
	const struct sock sock = decode(&answer, SOCK_PROTO_TCP, NULL, &cgroup_id);
	assert_true(sock_option_is(&sock, SOCK_OPTION_SHUT_WRITE));
	assert_false(sock_option_is(&sock, SOCK_OPTION_SHUT_READ));
	assert_true(sock_option_is(&sock, SOCK_OPTION_V6ONLY));
	assert_true(sock_option_is(&sock, SOCK_OPTION_FREEBIND));
	assert_false(sock_option_is(&sock, SOCK_OPTION_TRANSPARENT));
	assert_true(sock.options_known & SOCK_OPTION_TRANSPARENT);
	assert_true(sock_option_is(&sock, SOCK_OPTION_BIND_ADDRESS_NO_PORT));
	assert_int_equal(sock.mark, 0xabc);
	assert_true(cgroup_id == 0x123456789a);
}

static void test_extras(void **state)
{
	struct answer answer;
	struct sock_extra extra = {};
	char info[sizeof(extra.tcp_info.bytes) + 40];
	const uint32_t skmem[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

	memset(info, 0x5a, sizeof(info));
	begin(&answer, "1.2.3.4", "5.6.7.8");
	mnl_attr_put(answer.msg, INET_DIAG_INFO, sizeof(info), info); /* longer than we know */
	mnl_attr_put_strz(answer.msg, INET_DIAG_CONG, "cubic");
	mnl_attr_put(answer.msg, INET_DIAG_SKMEMINFO, sizeof(skmem), skmem);
	mnl_attr_put_u8(answer.msg, INET_DIAG_TOS, 0x10);
	struct nlattr *ulp = mnl_attr_nest_start(answer.msg, INET_DIAG_ULP_INFO);
	mnl_attr_put_strz(answer.msg, INET_ULP_INFO_NAME, "mptcp");
	mnl_attr_nest_end(answer.msg, ulp);
	const struct sock sock = decode(&answer, SOCK_PROTO_TCP, &extra, NULL);
	assert_true(sock_option_is(&sock, SOCK_OPTION_MPTCP));
	assert_string_equal(extra.ulp, "mptcp");
	assert_int_equal(extra.tcp_info.len, sizeof(extra.tcp_info.bytes));
	assert_string_equal(extra.congestion, "cubic");
	assert_true(extra.has_skmem && extra.skmem[N_SKMEM - 1] == N_SKMEM);
	assert_true(extra.has_tos && extra.tos == 0x10 && !extra.has_tclass);
}

static void test_refuse(void **state)
{
	struct answer answer;
	struct sock sock = {};
	uint64_t cgroup_id;

	begin(&answer, "1.2.3.4", "5.6.7.8");
	answer.diag->idiag_family = AF_UNIX;
	assert_int_equal(inet_diag_decode(answer.msg, SOCK_PROTO_TCP, &sock, NULL, &cgroup_id),
			 -EBADMSG);
	answer.diag->idiag_family = AF_INET;
	answer.msg->nlmsg_len--;
	assert_int_equal(inet_diag_decode(answer.msg, SOCK_PROTO_TCP, &sock, NULL, &cgroup_id),
			 -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_basic),	cmocka_unit_test(test_states),
		cmocka_unit_test(test_scope),	cmocka_unit_test(test_options),
		cmocka_unit_test(test_extras),	cmocka_unit_test(test_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
