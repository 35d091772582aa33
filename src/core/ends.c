/* SPDX-License-Identifier: MIT */
/* One hash table with open addressing; entries are compared by what the sockets say. */
#include "core/ends.h"
#include "base/hash.h"
#include "core/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct ends) == 40, "no padding");

void ends_set_address(uint8_t bytes[16], const struct addr *addr)
{
	const struct addr wide = addr->family == ADDR_IPV4 ? addr_mapped(addr) : *addr;

	memcpy(bytes, wide.bytes, 16);
}

struct ends ends_of(const struct sock *sock)
{
	struct ends ends = {.local_port = sock->local_port, .proto = sock->proto};

	ends_set_address(ends.local, &sock->local);
	if (sock->remote_port) {
		ends_set_address(ends.remote, &sock->remote);
		ends.remote_port = sock->remote_port;
	}
	return ends;
}

struct ends ends_swapped(const struct ends *ends)
{
	struct ends other = {.local_port = ends->remote_port, .remote_port = ends->local_port,
			     .proto = ends->proto};

	memcpy(other.local, ends->remote, 16);
	memcpy(other.remote, ends->local, 16);
	return other;
}

bool ends_on_loopback(const struct ends *ends)
{
	struct addr local = {.family = ADDR_IPV6}, remote = {.family = ADDR_IPV6};

	memcpy(local.bytes, ends->local, 16);
	memcpy(remote.bytes, ends->remote, 16);
	return addr_is_loopback(&local) || addr_is_loopback(&remote);
}

uint64_t ends_hash(const struct ends *ends)
{
	return hash_bytes(ends, sizeof(*ends));
}

bool has_ends(const struct sock *sock)
{
	return sock_is_inet(sock) &&
	       (sock->proto == SOCK_PROTO_TCP || sock->proto == SOCK_PROTO_UDP ||
		sock->proto == SOCK_PROTO_UDPLITE);
}

int ends_table_fill(struct ends_table *table, const struct snapshot *snap)
{
	size_t n = 16;

	while (n < snap->n_socks * 2)
		n *= 2;
	*table = (struct ends_table){.snap = snap, .slots = calloc(n, sizeof(*table->slots)),
				     .mask = n - 1};
	if (!table->slots)
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_socks; i++) {
		if (!has_ends(&snap->socks[i]))
			continue;
		const struct ends ends = ends_of(&snap->socks[i]);
		size_t at = ends_hash(&ends) & table->mask;
		while (table->slots[at])
			at = (at + 1) & table->mask;
		table->slots[at] = (uint32_t)i + 1;
	}
	return 0;
}

void ends_table_release(struct ends_table *table)
{
	free(table->slots);
	table->slots = NULL;
}

const struct sock *ends_table_next(const struct ends_table *table, const struct ends *ends,
				   size_t *at)
{
	while (table->slots[*at &= table->mask]) {
		const struct sock *sock = &table->snap->socks[table->slots[(*at)++] - 1];
		const struct ends its = ends_of(sock);
		if (!memcmp(&its, ends, sizeof(its)))
			return sock;
	}
	return NULL;
}
