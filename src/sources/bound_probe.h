/* SPDX-License-Identifier: MIT */
/* Can this kernel's sock_diag show TCP sockets that are bound, but neither listen nor connect? */
#ifndef BERTH_SOURCES_BOUND_PROBE_H
#define BERTH_SOURCES_BOUND_PROBE_H

#include <stdbool.h>

struct netlink;

/*
 * False when it cannot (before 6.8), or when that could not be found out. @diag is a free
 * sock_diag socket of the calling thread's network namespace.
 */
bool bound_sockets_are_shown(struct netlink *diag);

#endif
