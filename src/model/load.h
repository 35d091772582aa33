/* SPDX-License-Identifier: MIT */
/*
 * Sockets that exist already: filling a space from what was seen of a machine. What could not be
 * seen is said to be unknown; verdicts that hang on it depend.
 */
#ifndef BERTH_MODEL_LOAD_H
#define BERTH_MODEL_LOAD_H

#include "core/addr.h"
#include "core/sock.h"
#include "model/space.h"
#include "model/verdict.h"

/* What a TCP port remembers of its binds (1.4): struct inet_bind_bucket. */
struct model_memory {
	int8_t reuse, reuseport; /* fastreuse, fastreuseport */
	uint32_t uid;		 /* of the SO_REUSEPORT socket that is remembered */
	struct addr addr;
	bool v6only;
};

struct model_existing {
	struct addr local, remote;
	uint16_t local_port, remote_port;
	uint32_t uid, device;
	uint8_t proto; /* SOCK_PROTO_TCP, _UDP, _UDPLITE */
	uint8_t state; /* enum sock_state; UDP: ESTABLISHED or CLOSE */
	bool v6;       /* an AF_INET6 socket, whatever its addresses look like */
	bool v6only, reuseaddr, reuseport, freebind;
	bool accepted;	/* a listener's child */
	bool orphan;	/* no process has it */
	bool ephemeral; /* connect() chose the port */
	uint8_t unknown; /* enum model_fact: of the above, what was not seen */
	/*
	 * All of its state was seen: it comes before those of its chains that were loaded earlier,
	 * its group is told by model_load_group(). Otherwise order and groups count as unknown.
	 */
	bool complete;
	const struct model_memory *memory; /* TCP: its port's; NULL: not known */
	uint32_t time_wait_ms; /* TIME_WAIT: since when, on the clock of model_turn.now_ms */
};

/* Add it as it is, without asking whether the rules would have let it come about. */
int model_load(struct model_space *space, const struct model_existing *existing,
	       uint32_t *ret_sock);

/* @n of them, at several times the speed; @ret_socks (may be NULL) gets @n ids. */
int model_load_many(struct model_space *space, const struct model_existing *existing, size_t n,
		    uint32_t *ret_socks);

/* A complete UDP socket comes first in the chain of its port and address: not as it was loaded. */
void model_load_first(struct model_space *space, uint32_t sock);

/* The complete @sock is of the SO_REUSEPORT group of @other; itself: of a new one. 0 or -errno. */
int model_load_group(struct model_space *space, uint32_t sock, uint32_t other);
/* More of the group of @sock. */
struct model_group_facts {
	bool program;	 /* a BPF program picks */
	bool has_conns;	 /* UDP: a member was connected once */
	bool has_closed; /* it keeps shut-down members */
};
void model_load_group_facts(struct model_space *space, uint32_t sock,
			    const struct model_group_facts *facts);

/* The kernel's hash slot of UDP port @port holds @n sockets, those of other ports included. */
int model_load_udp_slot(struct model_space *space, enum sock_proto proto, uint16_t port, uint32_t n);

/* @device receives multicast @group; which socket joined it is not known. 0 or -ENOMEM. */
int model_load_membership(struct model_space *space, const struct addr *group, uint32_t device);

/* From now on @fact of @sock is not known. 0 or -EBADF. */
int model_unknown(struct model_space *space, uint32_t sock, enum model_fact fact);

#endif
