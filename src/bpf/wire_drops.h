/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* What src/bpf/drops.bpf.c tells: one record an event. Ports in host order, addresses as on the wire. */
#ifndef BERTH_BPF_WIRE_DROPS_H
#define BERTH_BPF_WIRE_DROPS_H

#include "bpf/wire.h"

enum {
	WIRE_EVENTS = 32768,
	WIRE_CPUS = 64, /* before Linux 5.12 each has its own part of the events */
	WIRE_NETNS_SLOTS = 1024, /* namespaces by the last bits of their inode */
	WIRE_NETNS_EVENTS = 1024, /* of each slot: a busy namespace must not drown the others */
};

enum wire_event_kind {
	WIRE_EVENT_DROP,
	WIRE_EVENT_RESET_SENT,
	WIRE_EVENT_RESET_RECEIVED,
	WIRE_EVENT_RETRANSMIT,
	WIRE_EVENT_ICMP_SENT,
	WIRE_EVENT_SOCKET_ERROR,
	WIRE_EVENT_UDP_QUEUE_FULL,
};

struct wire_event {
	wire_u64 seen_ns; /* CLOCK_MONOTONIC */
	wire_u64 location; /* address in the kernel */
	wire_u32 netns;
	wire_u32 ifindex;
	wire_u8 src[16], dst[16];
	wire_u16 src_port, dst_port;
	wire_u16 ether; /* 0x0800, 0x86dd, 0x0806 */
	wire_u8 ip_proto;
	wire_u8 kind; /* enum wire_event_kind */
	wire_u8 tcp_flags, ttl, icmp_type, icmp_code;
	wire_s32 error;
	wire_u32 reason;
	wire_u32 bytes;
	wire_u32 done; /* written last */
	wire_u32 has_reason;
};

struct wire_drops {
	wire_u64 n;	    /* events wanted to be written; beyond WIRE_EVENTS they are lost */
	wire_u32 only_netns; /* 0: all */
	wire_u32 reserved;
	wire_u64 of_cpu[WIRE_CPUS];
	wire_u64 of_netns[WIRE_NETNS_SLOTS]; /* events seen there; those beyond the limit are lost */
};

_Static_assert(sizeof(struct wire_event) == 88, "wire layout");
_Static_assert(sizeof(struct wire_drops) == 16 + 8 * (WIRE_CPUS + WIRE_NETNS_SLOTS), "wire layout");

#endif
