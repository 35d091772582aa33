/* SPDX-License-Identifier: MIT */
/* A scratch socket in the right namespace; a TCP one never listens longer than the call takes. */
#include "act/bindable.h"
#include "base/auto.h"
#include "sources/netns.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

struct attempt {
	enum sock_proto proto;
	const struct addr *addr;
	uint16_t port;
	bool reuseaddr;
	int error; /* positive */
};

static socklen_t fill(const struct attempt *attempt, struct sockaddr_storage *at)
{
	memset(at, 0, sizeof(*at));
	if (attempt->addr->family == ADDR_IPV4) {
		struct sockaddr_in *in = (struct sockaddr_in *)at;
		*in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(attempt->port)};
		memcpy(&in->sin_addr, attempt->addr->bytes, 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)at;
	*in6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
				     .sin6_port = htons(attempt->port),
				     .sin6_scope_id = attempt->addr->scope};
	memcpy(&in6->sin6_addr, attempt->addr->bytes, 16);
	return sizeof(*in6);
}

static int try_bind(void *data)
{
	struct attempt *attempt = data;
	const bool stream = attempt->proto == SOCK_PROTO_TCP;
	const int on = 1;
	struct sockaddr_storage at;
	socklen_t len = fill(attempt, &at);

	AUTO(closep)
	int fd = socket(at.ss_family, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC,
			attempt->proto == SOCK_PROTO_UDPLITE ? IPPROTO_UDPLITE : 0);
	if (fd < 0)
		return -errno;
	if (attempt->reuseaddr)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* listen() repeats bind()'s check against other listeners; a backlog of 0 invites nobody */
	if (bind(fd, (struct sockaddr *)&at, len) || (stream && listen(fd, 0)))
		attempt->error = errno;
	return 0;
}

int bindable(const struct namespace *netns, enum sock_proto proto, const struct addr *addr,
	     uint16_t port, bool reuseaddr)
{
	struct attempt attempt = {proto, addr, port, reuseaddr, 0};
	int err = netns ? netns_run(netns, try_bind, &attempt) : try_bind(&attempt);

	return err ? err : attempt.error;
}
