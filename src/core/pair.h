/* SPDX-License-Identifier: MIT */
/* Connections whose both ends are on this machine: which socket is the other end of which. */
#ifndef BERTH_CORE_PAIR_H
#define BERTH_CORE_PAIR_H

#include <stdbool.h>

struct snapshot;
struct sock;

/*
 * Find the other end of every connected TCP, UDP and UNIX socket. Two inet sockets are the ends of
 * one connection when each one's local end is the remote end of the other; in two namespaces
 * only if no third socket fits as well, and never by a loopback address, which means another host
 * in each namespace. Where NAT stands between (snapshot.translations), what becomes of the one's packets
 * is looked for. A connected UDP socket whose remote end is an unconnected one that is bound
 * to just this address, or for loopback to the wildcard, is paired with it, but not the other way
 * round. Call it after the last socket was added. 0 or -ENOMEM.
 */
int snapshot_pair(struct snapshot *snap);

/* The other end of @sock, or NULL: it is elsewhere, not known, or nothing was paired. */
const struct sock *sock_pair(const struct snapshot *snap, const struct sock *sock);

/*
 * Of two ends of one connection, is @sock the one to name first: the one that connected? It is
 * judged by the listener behind the other end's port; without one, the higher port connected.
 */
bool sock_pair_leads(const struct snapshot *snap, const struct sock *sock);

#endif
