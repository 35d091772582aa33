/* SPDX-License-Identifier: MIT */
/* Packet sockets by sock_diag (net/packet/diag.c). The ethertype is the local port. */
#include "core/snapshot.h"
#include "sources/dump.h"
#include "sources/sock_diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

static void decode_attr(const struct nlattr *attr, struct sock *sock)
{
	const size_t len = mnl_attr_get_payload_len(attr);
	struct packet_diag_info info;
	uint32_t memory[SK_MEMINFO_WMEM_ALLOC + 1];

	switch (mnl_attr_get_type(attr)) {
	case PACKET_DIAG_INFO:
		if (len < sizeof(info))
			break;
		memcpy(&info, mnl_attr_get_payload(attr), sizeof(info));
		sock->device = info.pdi_index;
		break;
	case PACKET_DIAG_UID:
		if (len >= sizeof(sock->uid))
			memcpy(&sock->uid, mnl_attr_get_payload(attr), sizeof(sock->uid));
		break;
	case PACKET_DIAG_MEMINFO:
		if (len < sizeof(memory))
			break;
		memcpy(memory, mnl_attr_get_payload(attr), sizeof(memory));
		sock->recv_queue = memory[SK_MEMINFO_RMEM_ALLOC];
		sock->send_queue = memory[SK_MEMINFO_WMEM_ALLOC];
		break;
	default:
		break;
	}
}

int packet_diag_decode(const struct nlmsghdr *message, struct snapshot *snap, struct sock *ret)
{
	const struct packet_diag_msg *diag = mnl_nlmsg_get_payload(message);

	(void)snap;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*diag) ||
	    diag->pdiag_family != AF_PACKET)
		return -EBADMSG;
	ret->proto = SOCK_PROTO_PACKET;
	ret->type = diag->pdiag_type;
	ret->state = SOCK_STATE_CLOSE;
	ret->local_port = diag->pdiag_num; /* in host order already */
	ret->inode = diag->pdiag_ino;
	ret->uid = UINT32_MAX;
	ret->cookie = diag->pdiag_cookie[0] | (uint64_t)diag->pdiag_cookie[1] << 32;
	const struct nlattr *attr;
	mnl_attr_for_each(attr, message, sizeof(*diag))
		decode_attr(attr, ret);
	return 0;
}

int packet_diag_dump(struct dump *dump, enum sock_proto proto)
{
	static const struct sock_diag_decoder decoder = {.sock = packet_diag_decode};
	char buffer[64] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
	struct packet_diag_req *req = mnl_nlmsg_put_extra_header(msg, sizeof(*req));

	(void)proto;
	msg->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	req->sdiag_family = AF_PACKET;
	req->pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_MEMINFO;
	return sock_diag_collect(dump, msg, &decoder);
}
