/* SPDX-License-Identifier: MIT */
/* One dump of sockets, whatever their family, into the snapshot. */
#include "sources/sock_diag.h"
#include "core/sock_extra.h"
#include "sources/dump.h"
#include "sources/netlink.h"

#include <errno.h>

struct reading {
	struct dump *dump;
	size_t first; /* sockets that were there before */
	const struct sock_diag_decoder *decoder;
};

static int add_extra(const struct nlmsghdr *message, const struct reading *reading)
{
	struct snapshot *snap = reading->dump->snap;
	struct sock_extra *extra = snapshot_extra(snap, snap->n_socks - 1);

	if (!extra)
		return -ENOMEM;
	*extra = (struct sock_extra){}; /* a dump that started anew had used it */
	return reading->decoder->extra(message, &snap->arena, extra);
}

static int add_socket(const struct nlmsghdr *message, void *data)
{
	const struct reading *reading = data;
	struct snapshot *snap = reading->dump->snap;
	struct sock *sock = snapshot_add_sock(snap);

	if (!sock)
		return -ENOMEM;
	sock->netns = reading->dump->netns;
	int err = reading->decoder->sock(message, snap, sock);
	if (!err && reading->decoder->extra)
		err = add_extra(message, reading);
	if (err)
		snap->n_socks--;
	return err;
}

static void forget(void *data)
{
	const struct reading *reading = data;

	reading->dump->snap->n_socks = reading->first;
}

int sock_diag_collect(struct dump *dump, struct nlmsghdr *request,
		      const struct sock_diag_decoder *decoder)
{
	struct reading reading = {dump, dump->snap->n_socks, decoder};
	const struct netlink_reader reader = {add_socket, forget, &reading};
	int err = netlink_dump(dump->diag, request, &reader);

	if (dump->diag->interrupted)
		dump->inexact = true;
	if (err)
		forget(&reading); /* half an answer would be told twice after a fallback */
	return err;
}
