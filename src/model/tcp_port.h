/* SPDX-License-Identifier: MIT */
/* TCP and its bind buckets: may a port be taken, what the port remembers, taking, giving back. */
#ifndef BERTH_MODEL_TCP_PORT_H
#define BERTH_MODEL_TCP_PORT_H

#include "model/conflict.h"

/* The bind bucket of a port as seen from @device; 0: none. */
uint32_t tcp_bucket(const struct model_space *space, uint16_t port, uint32_t device);

/* May @asker have the explicit @port (inet_csk_get_port)? Nothing changes. */
void tcp_port_check(const struct asker *asker, uint16_t port, struct conflict *ret);
/* The same for a port the kernel tries by itself: no memory, asker->relax as given. */
void tcp_port_probe(const struct asker *asker, uint16_t port, struct conflict *ret);

/* Put @id on @port and let the port remember it; @id may be on it already. 0 or -ENOMEM. */
int tcp_port_take(struct model_space *space, uint32_t id, uint16_t port);
/* connect() chose @port: a new bucket then remembers that it may be shared by connect(). */
int tcp_port_take_connect(struct model_space *space, uint32_t id, uint16_t port);
/* A socket read from a machine is put on its .lport; what the port remembers is then unknown. */
int tcp_port_load(struct model_space *space, uint32_t id);
struct model_memory;
/* What the port of the loaded @id remembers, read from the machine. */
void tcp_port_remind(struct model_space *space, uint32_t id, const struct model_memory *memory);
/* @id joins its listener's port under its own address. */
int tcp_port_inherit(struct model_space *space, uint32_t id, uint32_t listener);
/* TIME_WAIT entry @id joins the bucket of @sock. */
void tcp_port_join(struct model_space *space, uint32_t id, uint32_t sock);
/* Leave the port; .lport becomes 0. */
void tcp_port_leave(struct model_space *space, uint32_t id);
/* The receive address becomes @addr; a bound socket moves to the bucket of that address. */
int tcp_address_set(struct model_space *space, uint32_t id, struct akey addr);

#endif
