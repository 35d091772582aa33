/* SPDX-License-Identifier: MIT */
/*
 * Ports that answer without a socket: a NAT rule, a load balancer or a BPF program takes the packet
 * before the sockets are looked at.
 */
#ifndef BERTH_CORE_FORWARD_H
#define BERTH_CORE_FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/host.h"

struct nft_ruleset;

enum forward_kind {
	FORWARD_DNAT,
	FORWARD_REDIRECT,  /* to a port of this host */
	FORWARD_TPROXY,	   /* to a local proxy, the packet's address unchanged */
	FORWARD_IPVS,
	FORWARD_SK_LOOKUP, /* a BPF program picks the socket; what for is its own secret */
};

struct forward {
	uint8_t kind;		 /* enum forward_kind */
	uint8_t proto;		 /* SOCK_PROTO_TCP or _UDP; SOCK_PROTO_OTHER: any */
	uint16_t netns;		 /* index in the snapshot */
	bool own_traffic;	 /* only what this host itself sends (hook output) */
	struct port_range ports; /* 0-65535: any */
	struct addr address;	 /* the destination it is for; family ADDR_NONE: any */
	struct addr to;		 /* family ADDR_NONE: unchanged, or not readable */
	struct port_range to_ports; /* 0-0: unchanged */
	const char *by;		 /* "nft ip nat DOCKER, handle 7" */
};

const char *forward_kind_name(enum forward_kind kind); /* "dnat", "redirect", ... */

/*
 * Call @add for each rule of @ruleset that sends packets elsewhere; a set of ports gives one call
 * a port. @forward->by lives in the ruleset's arena. Stops and returns what @add returns unless 0.
 */
int forward_from_nft(const struct nft_ruleset *ruleset,
		     int (*add)(const struct forward *forward, void *data), void *data);

/* Does @forward take packets of @proto (enum sock_proto) for @port? */
bool forward_takes(const struct forward *forward, uint8_t proto, uint16_t port);

#endif
