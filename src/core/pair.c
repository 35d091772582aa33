/* SPDX-License-Identifier: MIT */
/* One hash table by both ends of every inet socket; a pair is found by looking up the ends swapped. */
#include "core/pair.h"
#include "base/auto.h"
#include "base/hash.h"
#include "core/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* snapshot.pairs holds the other end's index + 1, and whether this end is named first. */
enum { LEADS = 1u << 31 };

/* Both ends as one kind of address, without scopes: each namespace has interface numbers of its own. */
struct ends {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint32_t proto;
};

struct table {
	const struct snapshot *snap;
	uint32_t *slots; /* index + 1 */
	size_t mask;
};

static void set_bytes(uint8_t bytes[16], const struct addr *addr)
{
	const struct addr wide = addr->family == ADDR_IPV4 ? addr_mapped(addr) : *addr;

	memcpy(bytes, wide.bytes, 16);
}

static struct ends ends_of(const struct sock *sock)
{
	struct ends ends = {.local_port = sock->local_port, .proto = sock->proto};

	set_bytes(ends.local, &sock->local);
	if (sock->remote_port) {
		set_bytes(ends.remote, &sock->remote);
		ends.remote_port = sock->remote_port;
	}
	return ends;
}

static struct ends swapped(const struct ends *ends)
{
	struct ends other = {.local_port = ends->remote_port, .remote_port = ends->local_port,
			     .proto = ends->proto};

	memcpy(other.local, ends->remote, 16);
	memcpy(other.remote, ends->local, 16);
	return other;
}

static bool has_ports(const struct sock *sock)
{
	return sock_is_inet(sock) &&
	       (sock->proto == SOCK_PROTO_TCP || sock->proto == SOCK_PROTO_UDP ||
		sock->proto == SOCK_PROTO_UDPLITE);
}

static int table_fill(struct table *table)
{
	const struct snapshot *snap = table->snap;
	size_t n = 16;

	while (n < snap->n_socks * 2)
		n *= 2;
	table->slots = calloc(n, sizeof(*table->slots));
	if (!table->slots)
		return -ENOMEM;
	table->mask = n - 1;
	for (size_t i = 0; i < snap->n_socks; i++) {
		if (!has_ports(&snap->socks[i]))
			continue;
		const struct ends ends = ends_of(&snap->socks[i]);
		size_t at = hash_bytes(&ends, sizeof(ends)) & table->mask;
		while (table->slots[at])
			at = (at + 1) & table->mask;
		table->slots[at] = (uint32_t)i + 1;
	}
	return 0;
}

/* The first or next socket with just these @ends; @at begins as hash_bytes() of them. */
static const struct sock *next_with(const struct table *table, const struct ends *ends, size_t *at)
{
	while (table->slots[*at &= table->mask]) {
		const struct sock *sock = &table->snap->socks[table->slots[(*at)++] - 1];
		const struct ends its = ends_of(sock);
		if (!memcmp(&its, ends, sizeof(its)))
			return sock;
	}
	return NULL;
}

/*
 * The socket with these @ends that one of namespace @netns talks to: in @netns itself, else (when
 * @far) in the only other namespace that has one. NULL: none, or several.
 */
static const struct sock *find(const struct table *table, const struct ends *ends, uint16_t netns,
			       bool far)
{
	const struct sock *found = NULL, *sock;
	size_t at = hash_bytes(ends, sizeof(*ends)), n_here = 0, n_far = 0;

	while ((sock = next_with(table, ends, &at))) {
		if (sock->netns == netns) {
			found = sock;
			n_here++;
		} else if (far) {
			found = n_here ? found : sock;
			n_far++;
		}
	}
	return n_here == 1 || (!n_here && n_far == 1) ? found : NULL;
}

static const struct sock *find_receiver(const struct table *table, const struct sock *sock,
					const struct ends *ends)
{
	struct ends bound = {.local_port = ends->remote_port, .proto = ends->proto};

	memcpy(bound.local, ends->remote, 16);
	const struct sock *found = find(table, &bound, sock->netns, false);
	/* Which other addresses are this namespace's own is not known here. */
	const struct addr wildcards[] = {addr_any(ADDR_IPV4), addr_any(ADDR_IPV6)};
	for (size_t i = 0; i < 2 && !found && addr_is_loopback(&sock->remote); i++) {
		set_bytes(bound.local, &wildcards[i]);
		found = find(table, &bound, sock->netns, false);
		if (found && i && found->local.family != sock->remote.family &&
		    (!(found->options_known & SOCK_OPTION_V6ONLY) ||
		     sock_option_is(found, SOCK_OPTION_V6ONLY)))
			found = NULL;
	}
	return found;
}

static bool listens_at(const struct table *table, const struct ends *bound, uint16_t netns)
{
	const struct sock *sock;
	size_t at = hash_bytes(bound, sizeof(*bound));

	while ((sock = next_with(table, bound, &at)))
		if (sock->netns == netns && sock_is_open_port(sock))
			return true;
	return false;
}

static bool has_listener(const struct table *table, const struct sock *sock)
{
	struct ends bound = {.local_port = sock->local_port, .proto = sock->proto};
	const struct addr addrs[] = {sock->local, addr_any(ADDR_IPV4), addr_any(ADDR_IPV6)};

	for (size_t i = 0; i < 3; i++) {
		set_bytes(bound.local, &addrs[i]);
		if (listens_at(table, &bound, sock->netns))
			return true;
	}
	return false;
}

static bool inet_leads(const struct table *table, const struct sock *sock, const struct sock *other)
{
	const bool serves = has_listener(table, sock), is_served = has_listener(table, other);

	if (serves != is_served)
		return is_served;
	if (sock->local_port != other->local_port)
		return sock->local_port > other->local_port;
	return sock < other;
}

static bool unix_leads(const struct sock *sock, const struct sock *other)
{
	/* An accepted socket bears the listener's name. */
	if (!sock->name != !other->name)
		return !sock->name;
	return sock < other;
}

static uint32_t pair_inet(const struct table *table, const struct sock *sock)
{
	const struct ends ends = ends_of(sock), wanted = swapped(&ends);

	if (!sock->remote_port || sock_is_open_port(sock))
		return 0;
	const struct sock *other = find(table, &wanted, sock->netns,
					!addr_is_loopback(&sock->remote) &&
					!addr_is_loopback(&sock->local));
	if (other)
		return (uint32_t)(other - table->snap->socks + 1) |
		       (inet_leads(table, sock, other) ? LEADS : 0);
	if (sock->proto != SOCK_PROTO_TCP)
		other = find_receiver(table, sock, &ends);
	return other ? (uint32_t)(other - table->snap->socks + 1) | LEADS : 0;
}

static uint32_t pair_unix(const struct snapshot *snap, const struct sock *sock)
{
	const struct sock *other = snapshot_sock_by_inode(snap, sock->peer);

	if (!other || other->proto != SOCK_PROTO_UNIX)
		return 0;
	/* A datagram socket's receiver need not be connected back. */
	const bool leads = other->peer != sock->inode || unix_leads(sock, other);
	return (uint32_t)(other - snap->socks + 1) | (leads ? LEADS : 0);
}

int snapshot_pair(struct snapshot *snap)
{
	struct table table = {.snap = snap};
	AUTO(freep) uint32_t *pairs = calloc(snap->n_socks + 1, sizeof(*pairs));

	if (!pairs || table_fill(&table))
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_socks; i++) {
		const struct sock *sock = &snap->socks[i];
		if (has_ports(sock))
			pairs[i] = pair_inet(&table, sock);
		else if (sock->proto == SOCK_PROTO_UNIX)
			pairs[i] = pair_unix(snap, sock);
	}
	free(table.slots);
	free(snap->pairs);
	snap->pairs = take(pairs);
	return 0;
}

static uint32_t pair_word(const struct snapshot *snap, const struct sock *sock)
{
	return snap->pairs ? snap->pairs[sock - snap->socks] : 0;
}

const struct sock *sock_pair(const struct snapshot *snap, const struct sock *sock)
{
	const uint32_t word = pair_word(snap, sock) & ~(uint32_t)LEADS;

	return word ? &snap->socks[word - 1] : NULL;
}

bool sock_pair_leads(const struct snapshot *snap, const struct sock *sock)
{
	return pair_word(snap, sock) & LEADS;
}
