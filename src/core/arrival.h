/* SPDX-License-Identifier: MIT */
/* A flow whose packets arrived for a port of this host, as seen on its interfaces. */
#ifndef BERTH_CORE_ARRIVAL_H
#define BERTH_CORE_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

struct arrival {
	struct addr src, dst;
	uint16_t src_port, dst_port;
	uint8_t ip_proto; /* IPPROTO_TCP or IPPROTO_UDP */
	uint32_t link;	  /* index of the interface it came in by */
	uint8_t ttl, tcp_flags; /* of the first packet */
	uint32_t packets;  /* SYNs or datagrams */
	uint32_t answered; /* SYN-ACKs or datagrams that left in answer */
	uint32_t reset;	   /* RSTs that left */
	uint32_t rejected; /* ICMP errors that left, the last: */
	uint8_t icmp_type, icmp_code;
	struct addr icmp_from;
	bool completed;	   /* TCP: the client acknowledged the SYN-ACK */
	uint32_t sequence; /* of the last SYN: the same one may be seen on a port and its bridge */
	uint64_t seen_ns;  /* CLOCK_MONOTONIC, of the last packet */
};

enum arrival_fate {
	ARRIVAL_ACCEPTED,  /* handshake complete; or a datagram was answered */
	ARRIVAL_HALF_OPEN, /* the SYN-ACK left, nothing came back */
	ARRIVAL_RESET,
	ARRIVAL_REJECTED, /* ICMP error */
	ARRIVAL_SILENT,   /* no answer left */
};

static inline enum arrival_fate arrival_fate(const struct arrival *a)
{
	if (a->answered && (a->completed || a->ip_proto != 6))
		return ARRIVAL_ACCEPTED;
	if (a->rejected)
		return ARRIVAL_REJECTED;
	if (a->reset)
		return ARRIVAL_RESET;
	return a->answered ? ARRIVAL_HALF_OPEN : ARRIVAL_SILENT;
}

#endif
