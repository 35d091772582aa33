/* SPDX-License-Identifier: MIT */
/*
 * The ports of one network namespace: its addresses, devices and sysctls, and every socket with a
 * port. Operations (ops.h) change it, deliveries (deliver.h) and questions (ask.h) read it.
 *
 * A space owns all its memory; sockets are numbers that count up from 1 and may be used again after
 * the socket is gone. Not safe for two threads that change it; readers may share it.
 */
#ifndef BERTH_MODEL_SPACE_H
#define BERTH_MODEL_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/behaviour.h"
#include "model/rules.h"

/* What differs between kernels, a bool each: core/behaviour.h has the list. */
struct model_behaviour {
#define X(name, since, before, says) bool name;
	BEHAVIOURS(X)
#undef X
};
extern const struct model_behaviour model_behaviour_latest; /* 6.18 */
/* As of a mainline version like 5, 15; a starting point, to be corrected by trying. */
struct model_behaviour model_behaviour_of(unsigned major, unsigned minor);
void model_behaviour_apply(struct model_behaviour *to, const struct kernel_behaviour *found);
/* The member of @of that @behaviour names. */
bool *model_behaviour_bit(struct model_behaviour *of, enum behaviour behaviour);

struct model_behaviour_row {
	const char *name;
	unsigned since, before; /* mainline versions, 5.15 is 515; 0: ever, still */
	const char *says;
};
/* What @behaviour is and since when. */
const struct model_behaviour_row *model_behaviour_row(enum behaviour behaviour);

struct model_sysctls {
	uint16_t range_low, range_high; /* ip_local_port_range */
	uint16_t system_below;		/* ip_unprivileged_port_start */
	bool nonlocal4, nonlocal6;
	bool bindv6only;
	bool autobind_reuse;
	bool tcp_l3mdev_accept, udp_l3mdev_accept;
	bool migrate;		 /* tcp_migrate_req */
	bool timestamps;	 /* tcp_timestamps */
	bool rfc1337;
	uint8_t tw_reuse;	 /* 0, 1, 2: loopback only */
	uint32_t tw_reuse_delay_ms;
	uint32_t udp_slots;	 /* size of the UDP hash table, a power of two */
};

struct model_space;

/* A space with lo (index 1, 127.0.0.0/8 and ::1) and Linux's default sysctls. NULL: no memory. */
struct model_space *model_space_new(const struct model_behaviour *behaviour);
void model_space_free(struct model_space *space);
static inline void model_space_freep(struct model_space **space)
{
	model_space_free(*space);
}

/* The settings, to read and to change: before the calls that they bear on. Never NULL. */
struct model_sysctls *model_space_sysctls(struct model_space *space);
/* ip_local_reserved_ports: add @low to @high, or empty the list. */
void model_space_reserve_ports(struct model_space *space, uint16_t low, uint16_t high);
void model_space_unreserve_all(struct model_space *space);

/* @master: index of the VRF the device belongs to; a VRF is its own master; 0: none. */
int model_space_add_device(struct model_space *space, uint32_t index, uint32_t master);
/* @bits of prefix say which addresses are on the link, and for IPv4 the broadcast address. */
int model_space_add_address(struct model_space *space, const struct addr *addr, uint8_t bits,
			    uint32_t device);
/* Packets to elsewhere leave by @device with its first address of the family. */
int model_space_add_default_route(struct model_space *space, uint32_t device);
/* Is it an address of this host (127/8, ::1, one added above)? */
bool model_space_is_local(const struct model_space *space, const struct addr *addr);

/* Make room for @n sockets at once, so that loading many does not rehash. 0 or -ENOMEM. */
int model_space_reserve(struct model_space *space, uint32_t n);

/* A number the caller keeps with a socket; its TIME_WAIT entry inherits it. 0 or -ENOMEM. */
int model_tag(struct model_space *space, uint32_t sock, uint32_t tag);
uint32_t model_tag_of(const struct model_space *space, uint32_t sock); /* 0: none */

/* Other behaviour; only while there are no sockets. */
void model_space_behave(struct model_space *space, const struct model_behaviour *behaviour);

/* Live without @rule (tests). */
void model_space_disable(struct model_space *space, enum model_rule rule);

/* Sockets held, and bytes of memory in use for them. */
uint32_t model_space_count(const struct model_space *space);
size_t model_space_bytes(const struct model_space *space);

#endif
