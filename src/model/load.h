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
	uint32_t time_wait_ms; /* TIME_WAIT: since when, on the clock of model_turn.now_ms */
};

/* Add it as it is, without asking whether the rules would have let it come about. */
int model_load(struct model_space *space, const struct model_existing *existing,
	       uint32_t *ret_sock);

/* @n of them, at several times the speed; @ret_socks (may be NULL) gets @n ids. */
int model_load_many(struct model_space *space, const struct model_existing *existing, size_t n,
		    uint32_t *ret_socks);

/* From now on @fact of @sock is not known. 0 or -EBADF. */
int model_unknown(struct model_space *space, uint32_t sock, enum model_fact fact);

#endif
