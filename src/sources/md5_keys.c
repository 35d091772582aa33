/* SPDX-License-Identifier: MIT */
/* inet_diag adds INET_DIAG_MD5SIG for a reader with CAP_NET_ADMIN (net/ipv4/tcp_diag.c). */
#include "sources/md5_keys.h"
#include "core/case.h"
#include "core/sock.h"
#include "sources/attrs.h"
#include "sources/netlink.h"
#include "sources/world.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

static int read_listener(const struct nlmsghdr *msg, void *data)
{
	struct place *place = data;
	const struct inet_diag_msg *head = mnl_nlmsg_get_payload(msg);
	struct attrs attrs;

	if (mnl_nlmsg_get_payload_len(msg) < sizeof(*head))
		return 0;
	attrs_of_message(msg, sizeof(*head), &attrs);
	if (!attrs.at[INET_DIAG_MD5SIG])
		return 0;
	for (size_t i = 0; i < place->n_sockets; i++)
		if (place->sockets[i].inode == head->idiag_inode && head->idiag_inode)
			place->sockets[i].has_md5 = true;
	return 0;
}

static int ask(void *data)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct netlink_reader reader = {.message = read_listener, .data = data};
	struct netlink nl;
	int err = netlink_open(&nl, NETLINK_SOCK_DIAG);

	for (unsigned i = 0; !err && i < sizeof(families); i++) {
		_Alignas(8) char buffer[256] = {};
		struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
		request->nlmsg_type = SOCK_DIAG_BY_FAMILY;
		struct inet_diag_req_v2 *head = mnl_nlmsg_put_extra_header(request, sizeof(*head));
		head->sdiag_family = families[i];
		head->sdiag_protocol = IPPROTO_TCP;
		head->idiag_states = 1u << SOCK_STATE_LISTEN;
		/* Newer kernels add the keys only together with tcp_info. */
		head->idiag_ext = 1u << (INET_DIAG_INFO - 1);
		err = netlink_dump(&nl, request, &reader);
	}
	netlink_close(&nl);
	return err;
}

void md5_keys_mark(struct world *world, const struct world_netns *netns, struct place *place)
{
	world_run(netns, ask, place);
}
