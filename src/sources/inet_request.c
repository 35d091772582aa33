/* SPDX-License-Identifier: MIT */
/* Builds dump requests, with the filter programs that the kernel runs for us. */
#include "sources/inet_request.h"
#include "core/facts.h"

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

/* Not in the headers of our oldest build hosts. */
enum { PORT_EQ = 11 };

static const uint8_t protocols[N_SOCK_PROTOS] = {
	[SOCK_PROTO_TCP] = IPPROTO_TCP,
	[SOCK_PROTO_UDP] = IPPROTO_UDP,
	[SOCK_PROTO_UDPLITE] = IPPROTO_UDPLITE,
	[SOCK_PROTO_RAW] = IPPROTO_RAW,
};

/* Every extension costs the kernel time at each socket: none is asked for in vain. */
static uint8_t extensions_for(uint32_t facts)
{
	uint8_t bits = 0;

	if (facts & FACT_TCP_INFO)
		bits |= 1 << (INET_DIAG_INFO - 1) | 1 << (INET_DIAG_CONG - 1) |
			1 << (INET_DIAG_VEGASINFO - 1);
	if (facts & FACT_SKMEM)
		bits |= 1 << (INET_DIAG_SKMEMINFO - 1);
	if (facts & FACT_SOCKOPT)
		bits |= 1 << (INET_DIAG_TOS - 1) | 1 << (INET_DIAG_TCLASS - 1);
	return bits;
}

struct inet_question inet_question_of(const struct request *request, enum sock_proto proto)
{
	return (struct inet_question){
		.proto = proto,
		.extensions = extensions_for(request->facts),
		.states = proto == SOCK_PROTO_TCP ? request->states : UINT32_MAX,
		.local_port = request->local_port,
	};
}

/*
 * A program accepts by jumping to its very end and rejects by jumping past it. A test is two
 * words: the operation, then the port.
 */
static void put_port_filter(struct nlmsghdr *msg, uint16_t port)
{
	const struct inet_diag_bc_op code[] = {
		{.code = PORT_EQ, .yes = 8, .no = 8 + 4},
		{.no = port},
	};

	mnl_attr_put(msg, INET_DIAG_REQ_BYTECODE, sizeof(code), code);
}

/*
 * The first half: exactly one of the two ports is above the middle of the ephemeral range. A
 * server's connections share a low local port, a client's a low remote one, and the other port is
 * spread evenly over the range: either way the halves are nearly equal.
 */
static void put_half_filter(struct nlmsghdr *msg, enum inet_half half)
{
	const uint16_t middle = (32768 + 60999) / 2;
	const bool first = half == INET_FIRST_HALF;
	const struct inet_diag_bc_op above = {.code = INET_DIAG_BC_D_GE, .yes = 8};
	const struct inet_diag_bc_op below = {.code = INET_DIAG_BC_D_LE, .yes = 8};
	const struct inet_diag_bc_op port_above = {.no = middle}, port_below = {.no = middle - 1};
	enum { LOW_LOCAL = 20, END = 28, REJECT = END + 4 };
	struct inet_diag_bc_op code[] = {
		{.code = INET_DIAG_BC_S_GE, .yes = 8, .no = LOW_LOCAL},
		port_above,
		first ? below : above, /* at 8: the local port is above */
		first ? port_below : port_above,
		{.code = INET_DIAG_BC_JMP, .yes = 4, .no = END - 16},
		first ? above : below, /* at 20: the local port is below */
		first ? port_above : port_below,
	};

	code[2].no = REJECT - 8;
	code[5].no = REJECT - LOW_LOCAL;
	mnl_attr_put(msg, INET_DIAG_REQ_BYTECODE, sizeof(code), code);
}

/* The request of 2.6 kernels is the only one that dumps both families in one walk. */
static void put_both(struct nlmsghdr *msg, const struct inet_question *question)
{
	struct inet_diag_req *req = mnl_nlmsg_put_extra_header(msg, sizeof(*req));

	msg->nlmsg_type = TCPDIAG_GETSOCK;
	req->idiag_ext = question->extensions;
	req->idiag_states = question->states;
}

static void put_one(struct nlmsghdr *msg, const struct inet_question *question)
{
	struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(msg, sizeof(*req));

	msg->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	req->sdiag_family = question->family;
	req->sdiag_protocol = protocols[question->proto];
	req->idiag_ext = question->extensions;
	req->idiag_states = question->states;
}

struct nlmsghdr *inet_request_put(void *buffer, const struct inet_question *question)
{
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);

	if (question->family == AF_UNSPEC)
		put_both(msg, question);
	else
		put_one(msg, question);
	if (question->local_port)
		put_port_filter(msg, question->local_port);
	else if (question->half != INET_WHOLE)
		put_half_filter(msg, question->half);
	return msg;
}
