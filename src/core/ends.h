/* SPDX-License-Identifier: MIT */
/* Both ends of an inet socket as one key, and a table of a snapshot's sockets by it. */
#ifndef BERTH_CORE_ENDS_H
#define BERTH_CORE_ENDS_H

#include <stddef.h>
#include <stdint.h>

#include "core/sock.h"

struct snapshot;

/*
 * IPv4 as mapped IPv6, no scopes: each namespace has interface numbers of its own. No padding: it is
 * hashed and compared as bytes. A socket without remote port has no remote address either.
 */
struct ends {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint32_t proto;
};

/* 16 bytes for either family: IPv4 as ::ffff:a.b.c.d. */
void ends_set_address(uint8_t bytes[16], const struct addr *addr);
struct ends ends_of(const struct sock *sock);
/* As the other side has them. */
struct ends ends_swapped(const struct ends *ends);
/* Is one of them a loopback address, which means another host in each namespace? */
bool ends_on_loopback(const struct ends *ends);
uint64_t ends_hash(const struct ends *ends);

/* Has @sock ends at all: TCP, UDP or UDP-Lite? */
bool has_ends(const struct sock *sock);

struct ends_table {
	const struct snapshot *snap;
	uint32_t *slots; /* index + 1 */
	size_t mask;
};

/* 0 or -ENOMEM. Zeroed tables may be released too. */
int ends_table_fill(struct ends_table *table, const struct snapshot *snap);
void ends_table_release(struct ends_table *table);
/* The first or next socket with just these @ends, or NULL; *@at begins as ends_hash(). */
const struct sock *ends_table_next(const struct ends_table *table, const struct ends *ends,
				   size_t *at);

#endif
