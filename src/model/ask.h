/* SPDX-License-Identifier: MIT */
/* Questions that change nothing: what would bind() or connect() of such a socket do now? */
#ifndef BERTH_MODEL_ASK_H
#define BERTH_MODEL_ASK_H

#include "core/addr.h"
#include "core/sock.h"
#include "model/space.h"
#include "model/verdict.h"

/* The socket that would be opened, and its call. */
struct model_question {
	struct addr addr; /* bind: the local address; connect: the destination */
	uint16_t port;	  /* bind: 0 lets the kernel choose */
	uint32_t uid, device;
	uint16_t range_low, range_high; /* IP_LOCAL_PORT_RANGE; 0: none */
	uint8_t proto;			/* SOCK_PROTO_TCP, _UDP, _UDPLITE */
	bool v6;			/* an AF_INET6 socket */
	bool v6only, reuseaddr, reuseport, freebind;
	bool no_port;	   /* IP_BIND_ADDRESS_NO_PORT */
	bool unprivileged; /* without CAP_NET_BIND_SERVICE */
	bool listens;	   /* bind: followed by listen() */
	uint64_t now_ms;   /* connect: the clock that TIME_WAIT entries are on */
};

/* -ENOMEM is the only error; everything else is in the verdict. ret->ports may be set before. */
int model_ask_bind(const struct model_space *space, const struct model_question *question,
		   struct model_verdict *ret);

/*
 * All sockets that stand in the way of such a bind(), also those that do so only if an unknown
 * fact is so. Adds to @ret_list; at most @max.
 */
void model_ask_holders(const struct model_space *space, const struct model_question *question,
		       uint32_t max, struct model_list *ret_list);

/*
 * What connect() of an unbound TCP socket would find: the set of local ports it may get, or
 * EADDRNOTAVAIL. @ret_maybe (may be NULL): ports that may be had too, as far as was seen.
 */
int model_ask_connect(const struct model_space *space, const struct model_question *question,
		      struct model_verdict *ret, struct model_ports *ret_maybe);

#endif
