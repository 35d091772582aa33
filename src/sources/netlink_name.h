/* SPDX-License-Identifier: MIT */
/* Netlink sockets have no file name; this one stands for it. */
#ifndef BERTH_SOURCES_NETLINK_NAME_H
#define BERTH_SOURCES_NETLINK_NAME_H

#include <stdint.h>

struct snapshot;

/* Text id of "route:1234", "sock_diag:kernel", "31:7": family or its number, and the port id. */
uint32_t netlink_name(struct snapshot *snap, unsigned protocol, uint32_t portid);

#endif
