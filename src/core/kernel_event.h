/* SPDX-License-Identifier: MIT */
/* Something the kernel did with a packet of ours, seen by a BPF program on a tracepoint. */
#ifndef BERTH_CORE_KERNEL_EVENT_H
#define BERTH_CORE_KERNEL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

enum kernel_event_kind {
	KERNEL_EVENT_DROP,	     /* skb:kfree_skb */
	KERNEL_EVENT_RESET_SENT,     /* tcp:tcp_send_reset */
	KERNEL_EVENT_RESET_RECEIVED, /* tcp:tcp_receive_reset */
	KERNEL_EVENT_RETRANSMIT,     /* tcp:tcp_retransmit_skb; .error tells a local refusal */
	KERNEL_EVENT_RETRANSMIT_SYNACK,
	KERNEL_EVENT_ICMP_SENT,	     /* icmp:icmp_send; .icmp_type, .icmp_code */
	KERNEL_EVENT_SOCKET_ERROR,   /* sock:inet_sk_error_report; .error */
	KERNEL_EVENT_UDP_QUEUE_FULL, /* udp:udp_fail_queue_rcv_skb */
};

enum event_direction {
	EVENT_FORWARD, /* asker to target */
	EVENT_REVERSE, /* target to asker */
	EVENT_RELATED, /* ARP/ND, ICMP or a translated form of the flow */
};

struct kernel_event {
	enum kernel_event_kind kind;
	enum event_direction direction;
	uint64_t netns;	   /* inode; 0: not known */
	uint32_t ifindex;  /* of skb->dev; 0: none */
	struct addr src, dst;
	uint16_t src_port, dst_port;
	uint8_t ip_proto;  /* IPPROTO_TCP ...; 0: not IP (ARP) */
	uint8_t tcp_flags;
	uint8_t ttl;
	uint8_t icmp_type, icmp_code;
	int error;
	uint32_t ip_bytes; /* length of the packet */
	const char *reason;   /* "NETFILTER_DROP", by the running kernel's BTF; NULL: none */
	const char *location; /* kernel function: "nft_do_chain"; NULL: not known */
	uint32_t location_offset;
	uint64_t address; /* of that place in the kernel */
	uint32_t count;	   /* equal events folded */
	uint64_t seen_ns;  /* CLOCK_MONOTONIC */
};

#endif
