/* SPDX-License-Identifier: MIT */
/* Chooses the port, then lets attempting.c do it. */
#include "probe/again.h"
#include "base/auto.h"
#include "core/sock.h"
#include "probe/asking.h"
#include "probe/attempting.h"

#include <poll.h>
#include <sys/socket.h>

static struct addr any_of(enum addr_family family)
{
	return family == ADDR_IPV4 ? addr_ipv4(0) : addr_any(ADDR_IPV6);
}

uint16_t again_port(const struct case_facts *facts)
{
	const struct attempt *a = case_subject(facts);
	struct sockaddr_storage ss;

	if (facts->asked.bind_port || !a)
		return facts->asked.bind_port;
	const bool v4 = a->remote.family == ADDR_IPV4;
	const struct addr any = any_of((enum addr_family)a->remote.family);
	AUTO(closep) int fd = socket(v4 ? AF_INET : AF_INET6,
				     a->proto == SOCK_PROTO_UDP ? SOCK_DGRAM : SOCK_STREAM, 0);
	socklen_t len = sockaddr_make(&any, 0, &ss);
	struct addr got;
	uint16_t port = 0;
	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len))
		return 0;
	len = sizeof(ss);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) || !sockaddr_read(&ss, &got, &port))
		return 0;
	return port;
}

void again_try(struct case_facts *facts, uint16_t port, double seconds)
{
	const struct attempt *a = case_subject(facts);
	struct asked asked = facts->asked;
	struct attempting at;

	if (!a)
		return;
	const struct addr remote = a->remote; /* adding attempts may move @a */
	asked.port = a->remote_port;
	asked.bind_port = port;
	if (asked.bind_addr.family != remote.family)
		asked.bind_addr = any_of((enum addr_family)remote.family);
	attempting_connect(&at, &asked, &remote);
	const uint64_t until = monotonic_ns() + (uint64_t)(seconds * 1e9);
	while (!at.done && monotonic_ns() < until) {
		struct pollfd p = {.fd = at.fd,
				   .events = at.attempt.proto == SOCK_PROTO_TCP ? POLLOUT : POLLIN};
		poll(&p, 1, 50);
		attempting_check(&at);
	}
	attempting_stop(&at);
	struct attempt *kept = case_add_attempt(facts);
	if (!kept)
		return;
	*kept = at.attempt;
	kept->is_retry = true;
}
