/* SPDX-License-Identifier: MIT */
/* Netlink sockets by sock_diag (net/netlink/diag.c): the protocol is the local port. */
#include "base/auto.h"
#include "core/snapshot.h"
#include "sources/dump.h"
#include "sources/netlink.h"
#include "sources/netlink_name.h"
#include "sources/sock_diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netlink_diag.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

static void decode_memory(const struct nlattr *attr, struct sock *sock)
{
	uint32_t memory[SK_MEMINFO_WMEM_ALLOC + 1];

	if (mnl_attr_get_payload_len(attr) < sizeof(memory))
		return;
	memcpy(memory, mnl_attr_get_payload(attr), sizeof(memory));
	sock->recv_queue = memory[SK_MEMINFO_RMEM_ALLOC];
	sock->send_queue = memory[SK_MEMINFO_WMEM_ALLOC];
}

int netlink_diag_decode(const struct nlmsghdr *message, struct snapshot *snap, struct sock *ret)
{
	const struct netlink_diag_msg *diag = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*diag) ||
	    diag->ndiag_family != AF_NETLINK)
		return -EBADMSG;
	ret->proto = SOCK_PROTO_NETLINK;
	ret->type = diag->ndiag_type;
	/* 0 and 1 in net/netlink/af_netlink.h: unconnected, connected. */
	ret->state = diag->ndiag_state == 1 ? SOCK_STATE_ESTABLISHED : SOCK_STATE_CLOSE;
	ret->local_port = diag->ndiag_protocol;
	ret->name = netlink_name(snap, diag->ndiag_protocol, diag->ndiag_portid);
	ret->inode = diag->ndiag_ino;
	ret->uid = UINT32_MAX;
	ret->cookie = diag->ndiag_cookie[0] | (uint64_t)diag->ndiag_cookie[1] << 32;
	const struct nlattr *attr;
	mnl_attr_for_each(attr, message, sizeof(*diag))
		if (mnl_attr_get_type(attr) == NETLINK_DIAG_MEMINFO)
			decode_memory(attr, ret);
	return 0;
}

/* The socket that asks is no answer to any question. */
static void forget_own(struct dump *dump, size_t first)
{
	struct snapshot *snap = dump->snap;
	struct stat own;

	if (fstat(dump->diag->fd, &own) < 0)
		return;
	for (size_t i = first; i < snap->n_socks; i++)
		if (snap->socks[i].inode == (uint32_t)own.st_ino) {
			snap->socks[i] = snap->socks[--snap->n_socks];
			return;
		}
}

int netlink_diag_dump(struct dump *dump, enum sock_proto proto)
{
	static const struct sock_diag_decoder decoder = {.sock = netlink_diag_decode};
	char buffer[64] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
	struct netlink_diag_req *req = mnl_nlmsg_put_extra_header(msg, sizeof(*req));

	(void)proto;
	msg->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	req->sdiag_family = AF_NETLINK;
	req->sdiag_protocol = NDIAG_PROTO_ALL;
	req->ndiag_show = NDIAG_SHOW_MEMINFO;
	const size_t first = dump->snap->n_socks;
	int err = sock_diag_collect(dump, msg, &decoder);
	forget_own(dump, first);
	return err;
}
