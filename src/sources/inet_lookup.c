/* SPDX-License-Identifier: MIT */
/* SOCK_DIAG_BY_FAMILY without NLM_F_DUMP (inet_diag_find_one_icsk, udp_dump_one), SOCK_DESTROY. */
#include "sources/inet_lookup.h"
#include "base/auto.h"
#include "sources/inet_diag.h"
#include "sources/netlink.h"
#include "sources/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

enum { TYPE_DESTROY = 21 }; /* SOCK_DESTROY: only in newer headers */

struct question {
	struct nlmsghdr *msg;
	enum sock_proto proto;
	struct sock *sock;
	struct inet_diag_sockid *destroy; /* in .msg; NULL: only looking */
	bool answered;
};

/* 0 for a protocol whose sockets are not found by address and port. */
static uint8_t protocol_of(enum sock_proto proto)
{
	switch (proto) {
	case SOCK_PROTO_TCP:
		return IPPROTO_TCP;
	case SOCK_PROTO_UDP:
		return IPPROTO_UDP;
	case SOCK_PROTO_UDPLITE:
		return IPPROTO_UDPLITE;
	case SOCK_PROTO_RAW:
	case SOCK_PROTO_UNIX:
	case SOCK_PROTO_PACKET:
	case SOCK_PROTO_NETLINK:
	case SOCK_PROTO_ICMP:
	case SOCK_PROTO_OTHER:
		return 0;
	}
	return 0;
}

static int read_answer(const struct nlmsghdr *msg, void *data)
{
	struct question *question = data;
	uint64_t cgroup_id;

	*question->sock = (struct sock){};
	question->answered = true;
	return inet_diag_decode(msg, question->proto, question->sock, NULL, &cgroup_id);
}

/*
 * The kernel looks the socket up as for a packet, then compares cookies. Of a SO_REUSEPORT group
 * it finds the member that the packet's hash picks: other source ports pick the others.
 */
static int destroy(struct netlink *diag, const struct question *question)
{
	enum { TRIES = 1024 };
	const bool may_be_group = !question->destroy->idiag_dport;
	const struct netlink_reader nothing = {};
	int err;

	for (uint16_t port = 0;; port++) {
		if (may_be_group)
			question->destroy->idiag_dport = htons(port);
		err = netlink_ask(diag, question->msg, NLM_F_ACK, &nothing);
		if ((err != -ENOENT && err != -ESTALE) || !may_be_group || port == TRIES)
			return err == -ESTALE ? -ENOENT : err;
	}
}

/* On a thread inside the namespace. */
static int ask(void *data)
{
	AUTO(netlink_close) struct netlink diag = NETLINK_INIT;
	struct question *question = data;
	const struct netlink_reader reader = {.message = read_answer, .data = question};
	int err = netlink_open(&diag, NETLINK_SOCK_DIAG);

	if (err)
		return err;
	if (question->destroy)
		return destroy(&diag, question);
	err = netlink_ask(&diag, question->msg, 0, &reader);
	return err || question->answered ? err : -EBADMSG;
}

static int ask_inside(const struct namespace *netns, struct question *question)
{
	return netns ? netns_run(netns, ask, question) : ask(question);
}

static void put_addr(__be32 *to, const struct addr *from)
{
	memcpy(to, from->bytes, from->family == ADDR_IPV4 ? 4 : 16);
}

static struct inet_diag_req_v2 *put_request(struct nlmsghdr *msg, uint16_t type, uint8_t protocol,
					    const struct addr *local)
{
	struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(msg, sizeof(*req));

	msg->nlmsg_type = type;
	req->sdiag_family = local->family == ADDR_IPV4 ? AF_INET : AF_INET6;
	req->sdiag_protocol = protocol;
	req->idiag_states = UINT32_MAX;
	return req;
}

int inet_lookup(const struct namespace *netns, const struct inet_packet *packet, struct sock *ret)
{
	char buffer[128] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
	const uint8_t protocol = protocol_of(packet->proto);
	struct sock found = {};

	if (!protocol || packet->local.family != packet->remote.family ||
	    packet->local.family == ADDR_NONE)
		return -EINVAL;
	struct inet_diag_sockid *id =
		&put_request(msg, SOCK_DIAG_BY_FAMILY, protocol, &packet->local)->id;
	/* UDP's look-up takes the packet's view, TCP's the socket's ("historical reasons"). */
	const bool reversed = packet->proto != SOCK_PROTO_TCP;
	put_addr(id->idiag_src, reversed ? &packet->remote : &packet->local);
	put_addr(id->idiag_dst, reversed ? &packet->local : &packet->remote);
	id->idiag_sport = htons(reversed ? packet->remote_port : packet->local_port);
	id->idiag_dport = htons(reversed ? packet->local_port : packet->remote_port);
	id->idiag_if = packet->device;
	id->idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	struct question question = {.msg = msg, .proto = packet->proto, .sock = &found};
	int err = ask_inside(netns, &question);
	if (err)
		return err;
	*ret = found;
	return 0;
}

/*
 * The cookie of @sock where no sock_diag has told it yet (BPF reads 0 until somebody asks). Without
 * one the kernel would close whatever its look-up finds: once the connection is gone, the listener.
 */
static int find_cookie(const struct namespace *netns, const struct sock *sock, uint64_t *ret)
{
	const struct inet_packet packet = {
		.proto = sock->proto,
		.local = sock->local,
		.remote = sock->remote,
		.local_port = sock->local_port,
		.remote_port = sock->remote_port,
		.device = sock->device,
	};
	struct sock found;
	int err = inet_lookup(netns, &packet, &found);

	if (err)
		return err;
	if (found.local_port != sock->local_port || found.remote_port != sock->remote_port ||
	    !addr_equal(&found.local, &sock->local) || !addr_equal(&found.remote, &sock->remote) ||
	    !found.cookie)
		return -ENOENT;
	*ret = found.cookie;
	return 0;
}

int inet_destroy(const struct namespace *netns, const struct sock *sock)
{
	uint64_t cookie = sock->cookie;
	char buffer[128] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
	const uint8_t protocol = protocol_of(sock->proto);

	if (!protocol)
		return -EOPNOTSUPP;
	int err = cookie ? 0 : find_cookie(netns, sock, &cookie);
	if (err)
		return err;
	struct inet_diag_sockid *id = &put_request(msg, TYPE_DESTROY, protocol, &sock->local)->id;
	put_addr(id->idiag_src, &sock->local);
	put_addr(id->idiag_dst, &sock->remote);
	id->idiag_sport = htons(sock->local_port);
	id->idiag_dport = htons(sock->remote_port);
	id->idiag_if = sock->device;
	id->idiag_cookie[0] = (uint32_t)cookie;
	id->idiag_cookie[1] = (uint32_t)(cookie >> 32);
	struct question question = {.msg = msg, .proto = sock->proto, .destroy = id};
	return ask_inside(netns, &question);
}
