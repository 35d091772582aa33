/* SPDX-License-Identifier: MIT */
/* Watches what arrives for a port of this host, and what leaves in answer. */
#ifndef BERTH_PROBE_INBOUND_H
#define BERTH_PROBE_INBOUND_H

#include <stdint.h>

#include "core/addr.h"

enum { N_INBOUND_SOURCES = 8 };

struct inbound {
	uint32_t arrived;  /* SYNs or datagrams for the port */
	uint32_t repeated; /* SYNs of a source that had sent one before: it got no answer */
	uint32_t accepted; /* SYN-ACKs (or datagrams) that left the port */
	uint32_t reset;	   /* RSTs that left the port */
	struct addr sources[N_INBOUND_SOURCES];
	unsigned n_sources;
};

/* Watch @seconds. 0, or -EPERM and others without the right to (CAP_NET_RAW). */
int inbound_watch(uint8_t proto, uint16_t port, double seconds, struct inbound *ret);

#endif
