/* SPDX-License-Identifier: MIT */
/* The kernel ignores state bits that it does not know, so only a look at a real socket tells. */
#include "sources/bound_probe.h"
#include "base/auto.h"
#include "sources/inet_diag.h"
#include "sources/inet_request.h"
#include "sources/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

struct search {
	uint16_t port;
	bool found;
};

static int look(const struct nlmsghdr *msg, void *data)
{
	struct search *search = data;
	struct sock sock = {};
	uint64_t cgroup_id;
	int err = inet_diag_decode(msg, SOCK_PROTO_TCP, &sock, NULL, &cgroup_id);

	if (!err && sock.state == SOCK_STATE_BOUND_INACTIVE && sock.local_port == search->port)
		search->found = true;
	return err;
}

/* By binding a socket on loopback for a moment and looking. */
static bool bound_socket_is_found(struct netlink *diag)
{
	char buffer[INET_REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
	struct sockaddr_in local = {.sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(local);
	AUTO(closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&local, len) < 0 ||
	    getsockname(fd, (struct sockaddr *)&local, &len) < 0)
		return false;
	struct search search = {.port = ntohs(local.sin_port)};
	const struct netlink_reader reader = {.message = look, .data = &search};
	const struct inet_question question = {
		.proto = SOCK_PROTO_TCP,
		.family = AF_INET,
		.states = 1u << SOCK_STATE_BOUND_INACTIVE,
		.local_port = search.port,
	};
	netlink_dump(diag, inet_request_put(buffer, &question), &reader);
	return search.found;
}

bool bound_sockets_are_shown(struct netlink *diag)
{
	/* statmount() came with the same kernel; it spares today's kernels the look. */
	enum { STATMOUNT = 457 };

	return syscall(STATMOUNT, NULL, NULL, 0, ~0u) < 0 && errno != ENOSYS && errno != EPERM
		       ? true
		       : bound_socket_is_found(diag);
}
