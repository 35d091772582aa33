/* SPDX-License-Identifier: MIT */
/* Packets made and read by hand, for the ends of connections that are not sockets. */
#ifndef BERTH_TESTS_KERNEL_PACKET_H
#define BERTH_TESTS_KERNEL_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

enum { PACKET_MAX = 256 };

enum { PACKET_FIN = 1, PACKET_SYN = 2, PACKET_RST = 4, PACKET_ACK = 16 };

struct packet {
	struct addr source, target; /* plain v4 or v6 */
	uint16_t source_port, target_port;
	bool udp, unreachable;	    /* an ICMP error about a packet target -> source of ours */
	uint8_t flags;		    /* TCP */
	uint16_t mss;		    /* TCP option; 0: none */
	uint32_t seq, ack;
};

/* The Ethernet frame to @mac (or the multicast address that fits) instead: 14 bytes more. */
size_t packet_frame(const struct packet *packet, const uint8_t mac[6], uint8_t *to);
bool packet_read_frame(const uint8_t *from, size_t len, struct packet *ret);

/* Write the IP packet; UDP carries four bytes of @seq. Returns its size (at most PACKET_MAX). */
size_t packet_build(const struct packet *packet, uint8_t *to);
/* False for anything that is not TCP, UDP or an ICMP error about one of these. */
bool packet_read(const uint8_t *from, size_t len, struct packet *ret);

#endif
