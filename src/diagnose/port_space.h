/* SPDX-License-Identifier: MIT */
/*
 * The port rules filled from what was seen of a machine: one namespace of a snapshot becomes a
 * model_space. What the snapshot could not see (SO_REUSEADDR, SO_REUSEPORT, the order of binds) is
 * unknown in the space, and its verdicts say what they depend on.
 */
#ifndef BERTH_DIAGNOSE_PORT_SPACE_H
#define BERTH_DIAGNOSE_PORT_SPACE_H

#include <stddef.h>
#include <stdint.h>

#include "model/space.h"
#include "model/verdict.h"

struct host;
struct sock;
struct snapshot;

struct port_space {
	struct model_space *space;
	const struct snapshot *snap;
	uint32_t *socks; /* by the space's socket number: index into snapshot.socks, plus 1 */
	uint32_t n_socks;
	struct model_ports listening; /* with a TCP listener */
};

/* Addresses and sysctls of namespace @netns (index). */
const struct host *port_space_host(const struct snapshot *snap, uint16_t netns);

/*
 * TCP, UDP and UDP-Lite sockets of namespace @netns (index) with local port @port (0: all), judged
 * as a kernel of @behaviour does. 0 or -ENOMEM; release in either case. The snapshot must outlive
 * it.
 */
int port_space_init(struct port_space *space, const struct snapshot *snap, uint16_t netns,
		    uint16_t port, const struct model_behaviour *behaviour);
void port_space_release(struct port_space *space);

/* The snapshot's socket behind a number of the space, or NULL. */
const struct sock *port_space_sock(const struct port_space *space, uint32_t id);

#endif
