/* SPDX-License-Identifier: MIT */
/* Watches what arrives for a port of this host, and what leaves in answer, flow by flow. */
#ifndef BERTH_PROBE_INBOUND_H
#define BERTH_PROBE_INBOUND_H

#include <stdint.h>

#include "core/arrival.h"

enum { N_ARRIVALS = 512 };

struct inbound {
	int fd;
	uint8_t ip_proto;
	uint16_t port;
	struct arrival flows[N_ARRIVALS];
	unsigned n;
	uint32_t packets; /* that arrived, of all flows */
	uint32_t unkept;  /* of flows beyond N_ARRIVALS */
};

/* In the calling thread's namespace. 0, or -EPERM and others without the right (CAP_NET_RAW). */
int inbound_open(struct inbound *inbound, uint8_t proto, uint16_t port);
/* Watch until @until_ns of CLOCK_MONOTONIC, or until a signal. */
void inbound_watch(struct inbound *inbound, uint64_t until_ns);
void inbound_close(struct inbound *inbound);

#endif
