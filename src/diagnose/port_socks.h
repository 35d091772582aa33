/* SPDX-License-Identifier: MIT */
/* From the sockets of a snapshot to those of the port rules. */
#ifndef BERTH_DIAGNOSE_PORT_SOCKS_H
#define BERTH_DIAGNOSE_PORT_SOCKS_H

#include <stdint.h>

struct port_space;

/* The sockets of namespace @netns with local port @port (0: all). 0 or -ENOMEM. */
int port_socks_add(struct port_space *space, uint16_t netns, uint16_t port);

#endif
