/* SPDX-License-Identifier: MIT */
/* --pairs: a connection within the machine is one row, its client first. */
#include "commands/list.h"
#include "base/auto.h"
#include "core/pair.h"
#include "core/snapshot.h"

#include <errno.h>
#include <stdlib.h>

int list_pairs_fold(const struct snapshot *snap, uint32_t *rows, size_t *n)
{
	AUTO(freep) uint8_t *listed = calloc(snap->n_socks + 1, 1);
	size_t kept = 0;

	if (!listed)
		return -ENOMEM;
	for (size_t i = 0; i < *n; i++)
		listed[rows[i]] = 1;
	for (size_t i = 0; i < *n; i++) {
		const struct sock *sock = &snap->socks[rows[i]];
		const struct sock *other = sock_pair(snap, sock);
		const bool told = other && other != sock && listed[other - snap->socks] &&
				  sock_pair(snap, other) == sock && !sock_pair_leads(snap, sock);
		if (!told)
			rows[kept++] = rows[i];
	}
	*n = kept;
	return 0;
}
