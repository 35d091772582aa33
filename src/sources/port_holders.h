/* SPDX-License-Identifier: MIT */
/* The sockets of the own namespace that hold the ports which a failed bind or connect wanted. */
#ifndef BERTH_SOURCES_PORT_HOLDERS_H
#define BERTH_SOURCES_PORT_HOLDERS_H

struct case_facts;

/*
 * Fill facts->places[0].sockets and .processes: for a bind those with the asked port, for a
 * connect those that have a connection to the asked target or the asked source port. Does nothing
 * when the place has sockets already. 0 or -errno.
 */
int port_holders_collect(struct case_facts *facts);

#endif
