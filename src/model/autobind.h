/* SPDX-License-Identifier: MIT */
/*
 * Ports the kernel chooses. It rolls dice; the model gives the set of ports it may come to, for
 * every start of its search, and whether some starts find none.
 */
#ifndef BERTH_MODEL_AUTOBIND_H
#define BERTH_MODEL_AUTOBIND_H

#include "model/conflict.h"

struct choice {
	struct model_ports *ports; /* written; count 0: exhausted */
	struct model_ports *maybe; /* or NULL: ports that unknown facts may add */
	bool may_fail;		   /* some starts find none */
	struct model_outcome last; /* who held the last port that was tried: for exhaustion */
	struct model_outcome how;  /* the rule that shaped the choice */
};

/* bind() to port 0, and listen() without bind (inet_csk_find_open_port). */
void tcp_open_ports(const struct asker *asker, struct choice *ret);
/* connect() without a port (__inet_hash_connect): sock.local and .remote, .rport are set. */
void tcp_connect_ports(const struct asker *asker, uint64_t now_ms, struct choice *ret);
/* bind() to port 0 and the first connect() or sendto() of UDP. */
void udp_open_ports(const struct asker *asker, struct choice *ret);

/* The range that counts for @sock (4.2). @ret_own: the socket narrowed it. */
struct span {
	uint32_t low, high; /* inclusive */
	bool own;
};
struct span port_span(const struct model_space *space, const struct msock *sock);

#endif
