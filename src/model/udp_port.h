/* SPDX-License-Identifier: MIT */
/* UDP and UDP-Lite: who may have a port, the chains of a port, taking and giving back (2). */
#ifndef BERTH_MODEL_UDP_PORT_H
#define BERTH_MODEL_UDP_PORT_H

#include "model/conflict.h"

/* May @asker have the explicit @port (udp_lib_get_port)? */
void udp_port_check(const struct asker *asker, uint16_t port, struct conflict *ret);
/* May the kernel not choose @port for @asker? error 0: it may. */
struct model_outcome udp_port_blocked(const struct asker *asker, uint16_t port);

/* 0, -ENOMEM, or -EBUSY: it could not join its group. */
int udp_port_take(struct model_space *space, uint32_t id, uint16_t port);
void udp_port_leave(struct model_space *space, uint32_t id);
/* The receive address becomes @addr: another chain, at its head, and out of the group. */
int udp_address_set(struct model_space *space, uint32_t id, struct akey addr);

/* The slot of @port holds @n sockets in all. 0 or -ENOMEM. */
int udp_port_load_slot(struct model_space *space, enum sock_proto proto, uint16_t port, uint32_t n);

#endif
