/* SPDX-License-Identifier: MIT */
/* Runs the filter programs as net/ipv4/inet_diag.c does: every port pair is in just one half. */
#include "sources/inet_request.h"
#include "base/auto.h"
#include "core/facts.h"

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

static bool accepts(const struct nlmsghdr *msg, size_t header, uint16_t sport, uint16_t dport)
{
	const struct nlattr *attr = mnl_nlmsg_get_payload_offset(msg, header);
	const char *at = mnl_attr_get_payload(attr);
	int left = mnl_attr_get_payload_len(attr);

	assert_int_equal(mnl_attr_get_type(attr), INET_DIAG_REQ_BYTECODE);
	while (left > 0) {
		const struct inet_diag_bc_op *op = (const void *)at;
		bool yes = true;
		assert_true(left >= 4);
		switch (op->code) {
		case INET_DIAG_BC_S_GE:
			yes = sport >= op[1].no;
			break;
		case INET_DIAG_BC_D_GE:
			yes = dport >= op[1].no;
			break;
		case INET_DIAG_BC_D_LE:
			yes = dport <= op[1].no;
			break;
		case INET_DIAG_BC_S_EQ:
			yes = sport == op[1].no;
			break;
		case INET_DIAG_BC_JMP:
			yes = false;
			break;
		default:
			fail();
		}
		const int step = yes ? op->yes : op->no;
		assert_true(step >= 4 && step % 4 == 0);
		at += step;
		left -= step;
	}
	return left == 0;
}

static bool half_has(enum inet_half half, uint16_t sport, uint16_t dport)
{
	char buffer[INET_REQUEST_SIZE] __attribute__((aligned(4))) = {};
	const struct inet_question question = {.proto = SOCK_PROTO_TCP, .half = half};
	const struct nlmsghdr *msg = inet_request_put(buffer, &question);

	assert_int_equal(msg->nlmsg_type, TCPDIAG_GETSOCK);
	return accepts(msg, sizeof(struct inet_diag_req), sport, dport);
}

static void test_halves(void **state)
{
	static const uint16_t ports[] = {0,	1,     80,    443,   32767, 32768, 46882, 46883,
					 46884, 46885, 60999, 61000, 65535};

	for (size_t s = 0; s < N_ELEMENTS(ports); s++)
		for (size_t d = 0; d < N_ELEMENTS(ports); d++)
			assert_true(half_has(INET_FIRST_HALF, ports[s], ports[d]) !=
				    half_has(INET_SECOND_HALF, ports[s], ports[d]));
	size_t n = 0;
	for (unsigned port = 32768; port < 61000; port++)
		n += half_has(INET_FIRST_HALF, 443, (uint16_t)port);
	assert_in_range(n, 13000, 15000);
}

static void test_port(void **state)
{
	char buffer[INET_REQUEST_SIZE] __attribute__((aligned(4))) = {};
	const struct request request = {.facts = FACT_SOCKETS, .states = STATES_ALL,
					.local_port = 8080};
	struct inet_question question = inet_question_of(&request, SOCK_PROTO_UDP);

	question.family = AF_INET6;
	const struct nlmsghdr *msg = inet_request_put(buffer, &question);
	const struct inet_diag_req_v2 *req = mnl_nlmsg_get_payload(msg);
	assert_int_equal(msg->nlmsg_type, SOCK_DIAG_BY_FAMILY);
	assert_int_equal(req->sdiag_family, AF_INET6);
	assert_int_equal(req->sdiag_protocol, 17);
	assert_int_equal(req->idiag_ext, 0);
	assert_true(accepts(msg, sizeof(*req), 8080, 5));
	assert_false(accepts(msg, sizeof(*req), 8081, 8080));
	assert_false(accepts(msg, sizeof(*req), 36895, 8080)); /* 8080 with its bytes swapped */
}

static void test_extensions(void **state)
{
	struct request request = {.facts = FACT_TCP_INFO | FACT_SKMEM, .states = 1 << 10};
	struct inet_question question = inet_question_of(&request, SOCK_PROTO_TCP);

	assert_int_equal(question.extensions, 1 << (INET_DIAG_INFO - 1) |
						      1 << (INET_DIAG_VEGASINFO - 1) |
						      1 << (INET_DIAG_CONG - 1) |
						      1 << (INET_DIAG_SKMEMINFO - 1));
	assert_int_equal(question.states, 1 << 10);
	request.facts = FACT_SOCKETS;
	question = inet_question_of(&request, SOCK_PROTO_UDP);
	assert_int_equal(question.extensions, 0);
	assert_int_equal(question.states, UINT32_MAX); /* states are asked about TCP only */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_extensions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
