/* SPDX-License-Identifier: MIT */
/*
 * What programs do with sockets, as the kernel would do it. Each returns 0 with the verdict filled
 * in (a refusal is a verdict, not an error of the call), or:
 *   -EBADF   no such socket
 *   -ERANGE  turn->port or turn->listener is not among those the kernel could choose
 *   -ENOMEM  the space may then be used no further than to free it
 * A verdict that depends on unknown facts changes nothing.
 */
#ifndef BERTH_MODEL_OPS_H
#define BERTH_MODEL_OPS_H

#include "core/sock.h"
#include "model/space.h"
#include "model/verdict.h"

/* What comes from outside: time and dice. */
struct model_turn {
	uint64_t now_ms;
	uint64_t random;   /* picks where the kernel rolls dice */
	uint16_t port;	   /* or: the port the kernel is known to have chosen; 0: not known */
	uint32_t listener; /* or: the member of the group it is known to have picked */
	int16_t cpu;	   /* on which everything happens; -1: CPUs are left out */
	bool found_none;   /* or: it is known to have found no port */
	bool unprivileged; /* no CAP_NET_BIND_SERVICE */
};

/* SOCK_PROTO_TCP, _UDP or _UDPLITE. @ret_sock: a new socket, without a port. */
int model_open(struct model_space *space, enum sock_proto proto, bool v6, uint32_t uid,
	       uint32_t *ret_sock);

enum model_option {
	MODEL_OPTION_REUSEADDR,
	MODEL_OPTION_REUSEPORT,
	MODEL_OPTION_V6ONLY,
	MODEL_OPTION_DEVICE,	 /* interface index, 0: off */
	MODEL_OPTION_NO_PORT,	 /* IP_BIND_ADDRESS_NO_PORT */
	MODEL_OPTION_RANGE,	 /* IP_LOCAL_PORT_RANGE: high << 16 | low */
	MODEL_OPTION_FREEBIND,
	MODEL_OPTION_TRANSPARENT,
	MODEL_OPTION_BROADCAST,	 /* SO_BROADCAST */
	MODEL_OPTION_MULTICAST_ALL, /* IP_MULTICAST_ALL */
	MODEL_OPTION_MULTICAST6_ALL,
	MODEL_OPTION_UID,	 /* fchown() */
	MODEL_OPTION_CPU,	 /* SO_INCOMING_CPU */
	MODEL_OPTION_PROGRAM,	 /* SO_ATTACH_REUSEPORT_*, 0: detach */
};
/* setsockopt(): @value 0 or 1, or what the option's line says. Refusals are verdicts, as above. */
int model_set(struct model_space *space, uint32_t sock, enum model_option option, uint32_t value,
	      struct model_verdict *ret);
/* Join the multicast group on @device. -EADDRINUSE: joined already. */
int model_join(struct model_space *space, uint32_t sock, const struct addr *group,
	       uint32_t device);

/* bind(). Port 0: the kernel chooses; verdict.ports is the set, .port the one taken here. */
int model_bind(struct model_space *space, uint32_t sock, const struct addr *addr, uint16_t port,
	       const struct model_turn *turn, struct model_verdict *ret);
int model_listen(struct model_space *space, uint32_t sock, const struct model_turn *turn,
		 struct model_verdict *ret);
/*
 * A blocking connect(). To an address of this host the SYN is delivered here: a listener makes
 * verdict.peer, which waits for accept(); without one it is refused. Elsewhere it is taken to
 * succeed.
 */
int model_connect(struct model_space *space, uint32_t sock, const struct addr *addr,
		  uint16_t port, const struct model_turn *turn, struct model_verdict *ret);
/* connect(AF_UNSPEC) */
int model_disconnect(struct model_space *space, uint32_t sock, struct model_verdict *ret);
/* verdict.peer: the oldest waiting connection, from now on owned by @uid. */
int model_accept(struct model_space *space, uint32_t listener, uint32_t uid,
		 struct model_verdict *ret);
/* shutdown(SHUT_RDWR): a listener stops, a connection sends its FIN. */
int model_shutdown(struct model_space *space, uint32_t sock, const struct model_turn *turn,
		   struct model_verdict *ret);
/*
 * close(); @reset: with SO_LINGER 0. @ret_time_wait (may be NULL): the entry that stays, or 0.
 * The id is free afterwards.
 */
int model_close(struct model_space *space, uint32_t sock, bool reset,
		const struct model_turn *turn, uint32_t *ret_time_wait);
/* TIME_WAIT ends: of the entry @sock, or (0) of all. */
int model_expire(struct model_space *space, uint32_t sock);

/* Facts of a socket, for whoever shows them. */
struct model_look {
	enum sock_proto proto;
	enum sock_state state;
	struct addr local, remote;
	uint16_t local_port, remote_port;
	uint32_t uid, device;
	bool v6, v6only, reuseaddr, reuseport;
	enum model_way way;
};
/* The socket as it is now. False: there is none of that number. */
bool model_look(const struct model_space *space, uint32_t sock, struct model_look *ret);

#endif
