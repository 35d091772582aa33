/* SPDX-License-Identifier: MIT */
/*
 * Who is on a port: bind buckets and chains, found by (kind, protocol, port, VRF, address).
 * Adding a bucket may move them all: keep ids, not pointers.
 */
#ifndef BERTH_MODEL_BUCKETS_H
#define BERTH_MODEL_BUCKETS_H

#include "model/state.h"

struct bucket_key {
	struct akey addr; /* zero for BUCKET_PORT; akey_chain() for BUCKET_CHAIN */
	uint32_t l3;	  /* VRF; 0 but for TCP's BUCKET_PORT and BUCKET_ADDR */
	uint16_t port;
	uint8_t kind, proto;
};

/* 0: none. */
uint32_t bucket_find(const struct model_space *space, const struct bucket_key *key);
/* Find or make one; @ret_made may be NULL. 0: no memory. */
uint32_t bucket_make(struct model_space *space, const struct bucket_key *key, bool *ret_made);
/* Make a port's BUCKET_ADDR, with nothing remembered. @ret_made may be NULL. 0: no memory. */
uint32_t bucket_make_addr(struct model_space *space, uint32_t port, struct akey addr,
			  bool *ret_made);
/* Forget an empty bucket; a BUCKET_ADDR leaves its port's list. */
void bucket_drop(struct model_space *space, uint32_t id);

/* The list of owners (a) and the chain (b) of a socket. */
void owner_link(struct model_space *space, uint32_t bucket, uint32_t sock);
void owner_unlink(struct model_space *space, uint32_t sock);
void chain_link(struct model_space *space, uint32_t bucket, uint32_t sock, bool at_tail);
/* Leave the chain; an emptied chain is dropped. */
void chain_unlink(struct model_space *space, uint32_t sock);

#define foreach_owner(space, bucket, id)                                                           \
	for (uint32_t id = bucket_at(space, bucket)->head; id; id = sock_at(space, id)->a_next)
#define foreach_in_chain(space, bucket, id)                                                        \
	for (uint32_t id = bucket_at(space, bucket)->head; id; id = sock_at(space, id)->b_next)
#define foreach_address(space, port, id)                                                           \
	for (uint32_t id = bucket_at(space, port)->child; id; id = bucket_at(space, id)->next)

/* The VRF that counts for binding to @device (1.3): 0 without one. */
uint32_t device_l3(const struct model_space *space, uint32_t device);

#endif
