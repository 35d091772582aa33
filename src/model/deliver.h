/* SPDX-License-Identifier: MIT */
/*
 * Which socket gets a packet (3). The space is only read. For TCP the packet is a SYN where that
 * matters (TIME_WAIT). Firewalls, TPROXY and BPF steering come before and are not known here.
 */
#ifndef BERTH_MODEL_DELIVER_H
#define BERTH_MODEL_DELIVER_H

#include "core/sock.h"
#include "model/space.h"
#include "model/verdict.h"

struct model_packet {
	struct addr from, to; /* of one family */
	uint16_t from_port, to_port;
	uint8_t proto;	 /* enum sock_proto */
	int16_t cpu;	 /* that handles it; -1: CPUs are left out */
	uint32_t device; /* it came in by; 0: as if sent from this host, or by the address's device */
};

void model_deliver(const struct model_space *space, const struct model_packet *packet,
		   struct model_delivery *ret);

/*
 * The same for @n packets; @ret holds @n deliveries, prepared like one. Several times faster on
 * tables that no cache holds, as the memory for later packets is fetched meanwhile.
 */
void model_deliver_many(const struct model_space *space, const struct model_packet *packets,
			size_t n, struct model_delivery *ret);

#endif
