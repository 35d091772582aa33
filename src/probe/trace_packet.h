/* SPDX-License-Identifier: MIT */
/*
 * The bytes of trace's probes and how an answer is matched to its probe, without any I/O. All
 * probes of a trace agree in every field that routers choose a path by; what tells them apart is
 * the sequence number (TCP, ICMP) or the first bytes of the data (UDP).
 */
#ifndef BERTH_PROBE_TRACE_PACKET_H
#define BERTH_PROBE_TRACE_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/attempt.h"

enum { TRACE_PACKET_SIZE = 64 };

struct trace_flow_id {
	uint8_t proto; /* SOCK_PROTO_TCP, _UDP or _ICMP */
	struct addr src, dst;
	uint16_t src_port, dst_port; /* ICMP: src_port is the identifier */
	uint32_t base;		     /* random: TCP sequence number of probe 0 */
};

/* A TCP SYN, an ICMP echo request or UDP data with number @index; returns its length. */
size_t trace_packet_make(const struct trace_flow_id *flow, uint16_t index,
			 uint8_t packet[TRACE_PACKET_SIZE]);

/*
 * The number of the probe that is quoted in an ICMP error (@data begins as that probe did, UDP
 * without its header), or -1: too short, or not ours.
 */
int trace_packet_quoted(const struct trace_flow_id *flow, const uint8_t *data, size_t len);

/*
 * The same for an answer of the target itself, without IP header. Sets @ret_answer. UDP answers
 * carry no number unless they are DNS: -1 with PROBE_REPLY.
 */
int trace_packet_answered(const struct trace_flow_id *flow, const uint8_t *data, size_t len,
			  enum probe_answer *ret_answer);

#endif
