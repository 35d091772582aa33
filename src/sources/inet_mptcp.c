/* SPDX-License-Identifier: MIT */
/* Tells which TCP sockets are subflows of MPTCP (net/mptcp/mptcp_diag.c). */
#include "base/array.h"
#include "base/auto.h"
#include "sources/dump.h"
#include "sources/inet_diag.h"
#include "sources/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Not in the headers of our oldest build hosts. */
enum { PROTOCOL_MPTCP = 262, REQUEST_PROTOCOL = 3 };

/* The inodes of MPTCP sockets, which their subflows have too. */
struct inodes {
	uint32_t *list;
	size_t n, room;
};

static int keep_inode(const struct nlmsghdr *msg, void *data)
{
	struct inodes *inodes = data;
	struct sock sock = {};
	uint64_t cgroup_id;
	int err = inet_diag_decode(msg, SOCK_PROTO_TCP, &sock, NULL, &cgroup_id);

	if (err || !sock.inode)
		return err;
	if (!array_grow(&inodes->list, inodes->n, &inodes->room, sizeof(*inodes->list)))
		return -ENOMEM;
	inodes->list[inodes->n++] = sock.inode;
	return 0;
}

static void forget(void *data)
{
	((struct inodes *)data)->n = 0;
}

static int dump_family(struct dump *dump, uint8_t family, struct inodes *inodes)
{
	const struct netlink_reader reader = {.message = keep_inode, .restart = forget,
					      .data = inodes};
	char buffer[128] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(msg, sizeof(*req));

	msg->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	req->sdiag_family = family;
	req->sdiag_protocol = PROTOCOL_MPTCP & 0xff; /* the attribute has the whole number */
	req->idiag_states = UINT32_MAX;
	mnl_attr_put_u32(msg, REQUEST_PROTOCOL, PROTOCOL_MPTCP);
	return netlink_dump(dump->diag, msg, &reader);
}

static int compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void mark(struct snapshot *snap, size_t first, const struct inodes *inodes)
{
	for (size_t i = first; i < snap->n_socks; i++) {
		struct sock *sock = &snap->socks[i];
		if (sock->proto != SOCK_PROTO_TCP || !sock->inode ||
		    !bsearch(&sock->inode, inodes->list, inodes->n, sizeof(uint32_t), compare))
			continue;
		sock->options |= SOCK_OPTION_MPTCP;
		sock->options_known |= SOCK_OPTION_MPTCP;
	}
}

int inet_diag_mark_mptcp(struct dump *dump, size_t first)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	int err = 0;

	for (size_t i = 0; i < N_ELEMENTS(families) && !err; i++) {
		struct inodes inodes = {};
		err = dump_family(dump, families[i], &inodes);
		AUTO(freep) uint32_t *list = inodes.list;
		if (err || !list)
			continue;
		qsort(list, inodes.n, sizeof(*list), compare);
		mark(dump->snap, first, &inodes);
	}
	return err;
}
