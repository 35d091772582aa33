/* SPDX-License-Identifier: MIT */
/* berth free --connection: close it under its process, which lives on. */
#include "commands/free.h"
#include "core/snapshot.h"
#include "core/what.h"
#include "sources/inet_lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int free_close_connections(struct freeing *freeing)
{
	const struct snapshot *snap = freeing->snap;

	if (freeing->what->kind != WHAT_CONNECTION)
		return usage_error(freeing->inv, "--connection needs a connection: 'A:P>B:Q'");
	freeing->closed = calloc(freeing->plan.n_socks + 1, sizeof(*freeing->closed));
	if (!freeing->closed)
		return failure(freeing->inv, "out of memory");
	for (size_t i = 0; i < freeing->plan.n_socks; i++) {
		const struct sock *sock = &snap->socks[freeing->plan.socks[i]];
		char place[ADDR_TEXT_SIZE + 8], far[ADDR_TEXT_SIZE + 8];
		addr_format_port(&sock->local, sock->local_port, place);
		addr_format_port(&sock->remote, sock->remote_port, far);
		int err = freeing->dry_run ? 0 : inet_destroy(&snap->namespaces[sock->netns], sock);
		if (err == -ENOENT)
			continue;
		if (err)
			return failure(freeing->inv, "cannot close %s > %s: %s", place, far,
				       err == -EPERM ? "needs CAP_NET_ADMIN (root)"
						     : strerror(-err));
		free_say(freeing, "%s %s > %s.\n", freeing->dry_run ? "Would close" : "Closed",
			 place, far);
		freeing->closed[freeing->n_closed++] = sock;
	}
	return freeing->n_closed ? EXIT_YES : EXIT_NO;
}
