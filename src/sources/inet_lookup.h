/* SPDX-License-Identifier: MIT */
/* One socket, not a dump: the kernel's own look-up of a packet's socket, and killing a socket. */
#ifndef BERTH_SOURCES_INET_LOOKUP_H
#define BERTH_SOURCES_INET_LOOKUP_H

#include <stdint.h>

#include "core/sock.h"

struct namespace;

/* A packet as it arrives here. */
struct inet_packet {
	enum sock_proto proto; /* TCP, UDP or UDP-Lite */
	struct addr local, remote;
	uint16_t local_port, remote_port;
	uint32_t device; /* interface index it arrives at; 0: none in particular */
};

/*
 * Which socket of the namespace would get @packet: __inet_lookup() and its kin as sock_diag runs
 * them: established, then BPF sk_lookup, then listeners; of a SO_REUSEPORT group the member the
 * hash picks. Netfilter (DNAT, TPROXY) and multicast delivery are not part of it. Needs no right.
 * @netns as for netns_run(); NULL: the caller's.
 *
 * 0; -ENOENT when no socket would get it; -EINVAL for addresses of two families or a protocol
 * without look-up; other -errno when the kernel could not be asked.
 */
int inet_lookup(const struct namespace *netns, const struct inet_packet *packet, struct sock *ret);

/*
 * Close @sock as SOCK_DESTROY does: its owner's next call fails with ECONNABORTED, a TCP peer gets
 * a RST. By addresses and cookie, so that a successor at the same place is not hit. The owner
 * still has its descriptor: a connection is gone at once, but a port that bind() gave (listeners,
 * UDP) stays bound until the owner closes it. Needs CAP_NET_ADMIN.
 *
 * 0; -ENOENT when it is gone or cannot be found that way (bound but unconnected, not yet
 * accepted); -EOPNOTSUPP when the kernel cannot (CONFIG_INET_DIAG_DESTROY) or the protocol has no
 * such thing; -EPERM.
 */
int inet_destroy(const struct namespace *netns, const struct sock *sock);

#endif
