/* SPDX-License-Identifier: MIT */
/* One packet on paper: what firewall rules can ask about it. Ports are host order. */
#ifndef BERTH_CORE_PACKET_H
#define BERTH_CORE_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

enum tcp_flag {
	TCP_FLAG_FIN = 1,
	TCP_FLAG_SYN = 2,
	TCP_FLAG_RST = 4,
	TCP_FLAG_PSH = 8,
	TCP_FLAG_ACK = 16,
	TCP_FLAG_URG = 32,
	TCP_FLAG_ECE = 64,
	TCP_FLAG_CWR = 128,
};

enum ct_state { /* the bits of nft's "ct state" */
	CT_STATE_INVALID = 1,
	CT_STATE_ESTABLISHED = 2,
	CT_STATE_RELATED = 4,
	CT_STATE_NEW = 8,
	CT_STATE_UNTRACKED = 64,
};

enum tcp_option_bit {
	TCP_HAS_MSS = 1 << 0,
	TCP_HAS_WINDOW = 1 << 1,
	TCP_HAS_SACK_PERM = 1 << 2,
	TCP_HAS_TIMESTAMP = 1 << 3,
	TCP_HAS_FASTOPEN = 1 << 4,
	TCP_HAS_MD5 = 1 << 5,
};

enum packet_layer {
	PACKET_IP,
	PACKET_BRIDGED, /* an IP packet in a frame that a bridge switches */
	PACKET_ARP,
};

struct packet {
	enum packet_layer layer;
	struct addr src, dst;
	uint8_t ip_proto; /* IPPROTO_TCP, _UDP, _ICMP, _ICMPV6 */
	uint16_t src_port, dst_port;
	uint8_t tcp_flags;
	uint8_t tcp_options; /* enum tcp_option_bit */
	bool tcp_options_known;
	uint8_t ttl;	     /* 0: not known */
	uint16_t ip_bytes;   /* 0: not known */
	bool is_data;	     /* a later packet of the flow than the first */
	bool is_arp_frame;   /* PACKET_BRIDGED: the frame holds ARP */
	bool has_payload;    /* behind the TCP or UDP header, of unknown content unless .payload */
	const uint8_t *payload;
	uint16_t payload_len;
	uint8_t icmp_type, icmp_code;
	uint16_t arp_operation;
	const char *in_name, *out_name; /* interfaces at this hook; NULL: none */
	uint32_t in_index, out_index;
	const char *in_kind, *out_kind;
	uint8_t ct_state; /* enum ct_state; 0: not known */
	bool is_reply;
	bool was_dnat, was_snat;
	struct addr ct_original_src, ct_original_dst; /* family ADDR_NONE: as .src, .dst */
	uint16_t ct_original_dst_port;
	uint32_t mark;
	bool mark_known;
	int64_t uid;	    /* of the socket that made it; -1: no socket here */
	const char *cgroup; /* of that socket: "/a/b"; NULL: not known */
	int reverse_path;   /* does the route back use the incoming device: 1 yes, 0 no, -1 unknown */
};

#endif
