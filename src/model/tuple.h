/* SPDX-License-Identifier: MIT */
/* Are the two ends of a new connection free (4.3)? */
#ifndef BERTH_MODEL_TUPLE_H
#define BERTH_MODEL_TUPLE_H

#include "model/flows.h"

struct tuple_query {
	uint16_t lport;
	bool chosen; /* the kernel chose the port */
	uint64_t now_ms;
};

/*
 * May @sock (its .local, .remote, .rport and .dev) connect from query->lport? The error is
 * EADDRNOTAVAIL. @ret_twin (may be NULL): the TIME_WAIT entry that it would take over, or 0.
 */
struct model_outcome tuple_check(const struct model_space *space, const struct msock *sock,
				 const struct tuple_query *query, uint32_t *ret_twin);

/* How @device hears: itself, and the VRF it belongs to. */
struct hearing hearing_of(const struct model_space *space, enum sock_proto proto, uint32_t device);

#endif
