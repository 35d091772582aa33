/* SPDX-License-Identifier: MIT */
/* Asks sock_diag for inet sockets, narrowed in the kernel as far as the request allows. */
#include "sources/inet_diag.h"
#include "core/sock_extra.h"
#include "sources/cgroup_ids.h"
#include "sources/dump.h"
#include "sources/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

/* Not in the headers of our oldest build hosts. */
enum { BYTECODE_PORT_EQ = 11, PROTOCOL_MPTCP = 262, REQUEST_PROTOCOL = 3 };

static const uint8_t protocols[N_SOCK_PROTOS] = {
	[SOCK_PROTO_TCP] = IPPROTO_TCP,
	[SOCK_PROTO_UDP] = IPPROTO_UDP,
	[SOCK_PROTO_UDPLITE] = IPPROTO_UDPLITE,
	[SOCK_PROTO_RAW] = IPPROTO_RAW,
};

struct reading {
	struct dump *dump;
	enum sock_proto proto;
	size_t first; /* sockets that were there before */
	bool extras;
};

static uint8_t extensions(const struct request *request)
{
	uint8_t bits = 0;

	if (request->facts & FACT_TCP_INFO)
		bits |= 1 << (INET_DIAG_INFO - 1) | 1 << (INET_DIAG_CONG - 1) |
			1 << (INET_DIAG_VEGASINFO - 1);
	if (request->facts & FACT_SKMEM)
		bits |= 1 << (INET_DIAG_SKMEMINFO - 1);
	if (request->facts & FACT_SOCKOPT)
		bits |= 1 << (INET_DIAG_TOS - 1) | 1 << (INET_DIAG_TCLASS - 1);
	return bits;
}

/* "Local port equals": jump past the end (rejects) unless it does. */
static void put_port_filter(struct nlmsghdr *msg, uint16_t port)
{
	const struct inet_diag_bc_op code[2] = {
		{.code = BYTECODE_PORT_EQ, .yes = sizeof(code), .no = sizeof(code) + 4},
		{.no = port},
	};

	mnl_attr_put(msg, INET_DIAG_REQ_BYTECODE, sizeof(code), code);
}

static int add_socket(const struct nlmsghdr *msg, void *data)
{
	const struct reading *reading = data;
	struct snapshot *snap = reading->dump->snap;
	struct sock *sock = snapshot_add_sock(snap);
	struct sock_extra *extra = NULL;
	uint64_t cgroup_id;

	if (sock && reading->extras)
		extra = snapshot_extra(snap, snap->n_socks - 1);
	if (!sock || (reading->extras && !extra))
		return -ENOMEM;
	int err = inet_diag_decode(msg, reading->proto, sock, extra, &cgroup_id);
	if (err) {
		snap->n_socks--;
		return err;
	}
	sock->netns = reading->dump->netns;
	if (reading->dump->cgroups && cgroup_id)
		sock->cgroup = cgroup_ids_text(reading->dump->cgroups, snap, cgroup_id);
	return 0;
}

static void forget(void *data)
{
	const struct reading *reading = data;

	reading->dump->snap->n_socks = reading->first;
}

static int dump_family(struct reading *reading, uint8_t family)
{
	const struct request *request = reading->dump->request;
	char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(msg, sizeof(*req));

	msg->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	req->sdiag_family = family;
	req->sdiag_protocol = protocols[reading->proto];
	req->idiag_ext = extensions(request);
	req->idiag_states = reading->proto == SOCK_PROTO_TCP ? request->states : UINT32_MAX;
	if (request->local_port)
		put_port_filter(msg, request->local_port);

	const struct netlink_reader reader = {add_socket, forget, reading};
	reading->first = reading->dump->snap->n_socks;
	int err = netlink_dump(reading->dump->diag, msg, &reader);
	if (reading->dump->diag->interrupted)
		reading->dump->inexact = true;
	return err;
}

int inet_diag_dump(struct dump *dump, enum sock_proto proto)
{
	struct reading reading = {
		.dump = dump,
		.proto = proto,
		.extras = dump_wants(dump, FACT_TCP_INFO | FACT_SKMEM | FACT_SOCKOPT),
	};
	int err = dump->request->ipv4 ? dump_family(&reading, AF_INET) : 0;

	return err || !dump->request->ipv6 ? err : dump_family(&reading, AF_INET6);
}

/* Adds nothing: only tells which inodes are MPTCP's. */
static int mark_inode(const struct nlmsghdr *msg, void *data)
{
	const struct reading *reading = data;
	struct snapshot *snap = reading->dump->snap;
	struct sock mptcp = {};
	uint64_t cgroup_id;
	int err = inet_diag_decode(msg, SOCK_PROTO_TCP, &mptcp, NULL, &cgroup_id);

	for (size_t i = reading->first; !err && mptcp.inode && i < snap->n_socks; i++) {
		struct sock *sock = &snap->socks[i];
		if (sock->proto != SOCK_PROTO_TCP || sock->inode != mptcp.inode)
			continue;
		sock->options |= SOCK_OPTION_MPTCP;
		sock->options_known |= SOCK_OPTION_MPTCP;
	}
	return err;
}

int inet_diag_mark_mptcp(struct dump *dump, size_t first)
{
	struct reading reading = {.dump = dump, .proto = SOCK_PROTO_TCP, .first = first};
	const struct netlink_reader reader = {mark_inode, NULL, &reading};
	static const uint8_t families[] = {AF_INET, AF_INET6};
	int err = 0;

	for (size_t i = 0; i < 2 && !err; i++) {
		char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
		struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
		struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(msg, sizeof(*req));
		msg->nlmsg_type = SOCK_DIAG_BY_FAMILY;
		req->sdiag_family = families[i];
		req->sdiag_protocol = PROTOCOL_MPTCP & 0xff; /* the attribute has the rest */
		req->idiag_states = UINT32_MAX;
		mnl_attr_put_u32(msg, REQUEST_PROTOCOL, PROTOCOL_MPTCP);
		err = netlink_dump(dump->diag, msg, &reader);
	}
	return err;
}
