/* SPDX-License-Identifier: MIT */
/*
 * The options that no dump shows, from a copy of a holder's descriptor: pidfd_getfd(2), which needs
 * the right to ptrace the holder (own processes, where Yama lets). BPF tells the same and more;
 * this fills what it left open.
 */
#include "base/auto.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/sources.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* Copying descriptors costs two calls each: enough for every question about a port. */
enum { MAX_COPIES = 20000 };

/* Sets the bit of @option by a getsockopt() that the socket answers. */
static void read_option(int fd, int level, int name, enum sock_option option, struct sock *sock)
{
	int value = 0;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, level, name, &value, &len))
		return;
	sock->options_known |= option;
	sock->options = value ? sock->options | option : sock->options & ~option;
}

static bool is_asked(const struct sock *sock)
{
	return (sock->proto == SOCK_PROTO_TCP || sock->proto == SOCK_PROTO_UDP ||
		sock->proto == SOCK_PROTO_UDPLITE) &&
	       !(sock->options_known & SOCK_OPTION_REUSEPORT);
}

static void read_options(struct sock *sock, uint32_t pid, int fd_there)
{
	AUTO(closep) int process = (int)syscall(SYS_pidfd_open, pid, 0);
	AUTO(closep) int fd = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd_there, 0);

	if (fd < 0)
		return;
	read_option(fd, SOL_SOCKET, SO_REUSEADDR, SOCK_OPTION_REUSEADDR, sock);
	read_option(fd, SOL_SOCKET, SO_REUSEPORT, SOCK_OPTION_REUSEPORT, sock);
	if (sock->local.family == ADDR_IPV6)
		read_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, SOCK_OPTION_V6ONLY, sock);
}

static int collect(struct snapshot *snap, const struct request *request)
{
	uint32_t asked = 0;

	for (size_t i = 0; i < snap->n_owners && asked < MAX_COPIES; i++) {
		struct sock *sock = &snap->socks[snap->owners[i].sock];
		if (!is_asked(sock) || snap->owners[i].fd < 0)
			continue;
		asked++;
		read_options(sock, snap->procs[snap->owners[i].proc].pid, snap->owners[i].fd);
	}
	return 0;
}

const struct source source_sock_options = {
	.name = "sock_options",
	.provides = FACT_REUSE,
	.collect = collect,
};
