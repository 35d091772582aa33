/* SPDX-License-Identifier: MIT */
/*
 * Joins what is held to the sockets: what BPF found, where it was asked, else what the fd
 * directories of the processes tell.
 */
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/proc_fd.h"
#include "sources/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int join(struct snapshot *snap, const struct holding *holding, struct sock *sock,
		uint32_t facts)
{
	const size_t nth = (size_t)(sock - snap->socks);

	sock->options_known |= holding->options_known;
	sock->options = (sock->options & ~holding->options_known) | holding->options;
	if (facts & FACT_REUSE && holding->bind.known) {
		struct bind_facts *bind = snapshot_bind(snap, nth);
		if (!bind)
			return -ENOMEM;
		*bind = holding->bind;
	}
	return facts & FACT_OWNERS ? snapshot_add_owner(snap, nth, holding->proc, holding->fd) : 0;
}

static int join_all(struct snapshot *snap, uint32_t facts)
{
	int err = 0;

	for (size_t i = 0; i < snap->n_holdings && !err; i++) {
		const struct holding *holding = &snap->holdings[i];
		struct sock *sock = snapshot_sock_by_inode(snap, holding->inode);
		/* MPTCP's subflows share the inode of their connection's socket. */
		for (; sock && !err; sock = snapshot_sock_same_inode(snap, sock))
			err = join(snap, holding, sock, facts);
	}
	free(snap->holdings);
	snap->holdings = NULL;
	snap->n_holdings = snap->room_holdings = 0;
	return err;
}

/* Did BPF tell who holds what? */
static bool is_told(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_coverages; i++)
		if (!strcmp(snap->coverages[i].source, "owners"))
			return true;
	return false;
}

static int owners_collect(struct snapshot *snap, const struct request *request)
{
	int err = join_all(snap, request->facts);

	if (err || !(request->facts & FACT_OWNERS) || is_told(snap))
		return err;
	return proc_fd_collect(snap);
}

const struct source source_owners = {
	.name = "owners",
	.provides = FACT_OWNERS | FACT_REUSE,
	.collect = owners_collect,
};
