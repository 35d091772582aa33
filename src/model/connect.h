/* SPDX-License-Identifier: MIT */
/* connect() inside the model. */
#ifndef BERTH_MODEL_CONNECT_H
#define BERTH_MODEL_CONNECT_H

#include "model/ops.h"
#include "model/route.h"

/* Where to, and the way found. */
struct dial {
	struct akey to;
	bool v6; /* the family of the address given */
	uint32_t scope;
	uint16_t port;
	struct route route;
	bool chooses_source; /* the socket has no address of its own yet */
};

/* The checks of address and route; sets dial->to, .route and .chooses_source. */
struct model_outcome dial_route(const struct model_space *space, struct msock *sock,
				struct dial *dial);
int tcp_connect(struct model_space *space, uint32_t id, struct dial *dial,
		const struct model_turn *turn, struct model_verdict *ret);
/* Forget the place a UDP socket had in the 4-tuple table. */
void udp_forget_place(struct model_space *space, uint32_t id);
/* connect(AF_UNSPEC) */
int udp_disconnect(struct model_space *space, uint32_t id);
int udp_connect(struct model_space *space, uint32_t id, struct dial *dial,
		const struct model_turn *turn, struct model_verdict *ret);

#endif
