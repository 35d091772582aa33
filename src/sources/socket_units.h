/* SPDX-License-Identifier: MIT */
/* The .socket files that a service manager goes by, with their drop-ins. */
#ifndef BERTH_SOURCES_SOCKET_UNITS_H
#define BERTH_SOURCES_SOCKET_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "sources/socket_unit.h"

struct socket_units {
	struct socket_unit *all;
	size_t n, room;
};

/*
 * Read those of the system's manager (@home NULL) or of a user's, whose home and runtime directory
 * (%t) are told. @root stands before every path: "" or "/proc/PID/root". What may not be read is
 * left out. 0 or -ENOMEM.
 */
int socket_units_read(struct arena *arena, const char *root, const char *home, const char *runtime,
		      struct socket_units *ret);
void socket_units_release(struct socket_units *units);

/* The one that would have made @sock, or NULL. */
const struct socket_unit *socket_units_find(const struct socket_units *units,
					    const struct snapshot *snap, const struct sock *sock);

#endif
