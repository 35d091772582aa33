/* SPDX-License-Identifier: MIT */
/* The two forms of `berth port` that plan: --free finds ports, --reserve keeps clients off them. */
#ifndef BERTH_COMMANDS_PORT_PLAN_H
#define BERTH_COMMANDS_PORT_PLAN_H

struct invocation;

/* Print ports that nothing can take away; returns an exit code. */
int port_free(const struct invocation *inv);
/* Show how to keep the ports named out of what clients are given; returns an exit code. */
int port_reserve(const struct invocation *inv);

#endif
