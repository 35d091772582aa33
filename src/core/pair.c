/* SPDX-License-Identifier: MIT */
/* A pair is found by looking up the ends swapped, as they are behind NAT. */
#include "core/pair.h"
#include "base/auto.h"
#include "core/ends.h"
#include "core/snapshot.h"
#include "core/translation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* snapshot.pairs holds the other end's index + 1, and whether this end is named first. */
enum { LEADS = 1u << 31 };

/* Each change is made by another namespace; more than a few in a row nobody builds. */
enum { MAX_CHANGES = 8 };

struct table {
	const struct snapshot *snap;
	struct ends_table socks;
	struct translation_table translations;
};

/*
 * The socket with these @ends that one of namespace @netns talks to: in @netns itself, else (when
 * @far) in the only other namespace that has one. NULL: none, or several.
 */
static const struct sock *find(const struct table *table, const struct ends *ends, uint16_t netns,
			       bool far)
{
	const struct sock *found = NULL, *sock;
	size_t at = ends_hash(ends), n_here = 0, n_far = 0;

	while ((sock = ends_table_next(&table->socks, ends, &at))) {
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
		ends_set_address(bound.local, &wildcards[i]);
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
	size_t at = ends_hash(bound);

	while ((sock = ends_table_next(&table->socks, bound, &at)))
		if (sock->netns == netns && sock_is_open_port(sock))
			return true;
	return false;
}

static bool has_listener(const struct table *table, const struct sock *sock)
{
	struct ends bound = {.local_port = sock->local_port, .proto = sock->proto};
	const struct addr addrs[] = {sock->local, addr_any(ADDR_IPV4), addr_any(ADDR_IPV6)};

	for (size_t i = 0; i < 3; i++) {
		ends_set_address(bound.local, &addrs[i]);
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

/*
 * The other end by the way the packets of @sock take: changed by its own namespace, or (when @far)
 * by others. Each namespace on the way tracks the connection and tells what it makes of it.
 */
static const struct sock *find_translated(const struct table *table, const struct sock *sock,
					  bool far)
{
	struct translated packet = {.ends = ends_of(sock), .netns = sock->netns};

	while (packet.n_changes < MAX_CHANGES &&
	       translate(&table->translations, &packet, far || packet.n_changes)) {
		const struct ends wanted = ends_swapped(&packet.ends);
		const struct sock *other = find(table, &wanted, packet.netns,
						!ends_on_loopback(&wanted));
		if (other)
			return other;
	}
	return NULL;
}

static uint32_t pair_inet(const struct table *table, const struct sock *sock)
{
	const struct ends ends = ends_of(sock), wanted = ends_swapped(&ends);

	if (!sock->remote_port || sock_is_open_port(sock))
		return 0;
	const struct sock *other = find_translated(table, sock, false);
	if (!other)
		other = find(table, &wanted, sock->netns, !ends_on_loopback(&ends));
	if (!other)
		other = find_translated(table, sock, true);
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

static int table_fill(struct table *table, const struct snapshot *snap)
{
	table->snap = snap;
	return ends_table_fill(&table->socks, snap) ?:
	       translation_table_fill(&table->translations, snap);
}

static void table_release(struct table *table)
{
	ends_table_release(&table->socks);
	translation_table_release(&table->translations);
}

int snapshot_pair(struct snapshot *snap)
{
	AUTO(table_release) struct table table = {};
	AUTO(freep) uint32_t *pairs = calloc(snap->n_socks + 1, sizeof(*pairs));

	if (!pairs || table_fill(&table, snap))
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_socks; i++) {
		const struct sock *sock = &snap->socks[i];
		if (has_ends(sock))
			pairs[i] = pair_inet(&table, sock);
		else if (sock->proto == SOCK_PROTO_UNIX)
			pairs[i] = pair_unix(snap, sock);
	}
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
