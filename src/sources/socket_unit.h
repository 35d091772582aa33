/* SPDX-License-Identifier: MIT */
/* What a systemd .socket file says (systemd.socket(5)). Pure text; any bytes are safe. */
#ifndef BERTH_SOURCES_SOCKET_UNIT_H
#define BERTH_SOURCES_SOCKET_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

struct snapshot;
struct sock;

enum { SOCKET_UNIT_LISTENS = 32 };

/* One Listen...= line. */
struct socket_listen {
	int type;	  /* SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET */
	const char *path; /* UNIX: the path, or "@name"; NULL: an address */
	struct addr addr; /* family ADDR_NONE: any, of both families */
	uint16_t port;
};

struct socket_unit {
	const char *name;    /* "ssh.socket" */
	const char *service; /* Service=, else NULL */
	bool accept;	     /* an instance of the service for each connection */
	struct socket_listen listens[SOCKET_UNIT_LISTENS];
	size_t n_listens;
};

/*
 * Read one file of @unit, whose .name is set: the unit's own, then its drop-ins in order. @runtime
 * stands for %t ("/run"). Texts are copied into the arena.
 */
struct arena;
void socket_unit_read(struct arena *arena, const char *text, const char *runtime,
		      struct socket_unit *unit);

/* "ssh.service", "ssh@.service": what it starts. NULL: no memory. */
const char *socket_unit_starts(struct arena *arena, const struct socket_unit *unit);

/* Would @unit have made @sock? */
bool socket_unit_makes(const struct socket_unit *unit, const struct snapshot *snap,
		       const struct sock *sock);

#endif
