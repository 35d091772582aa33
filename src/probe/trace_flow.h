/* SPDX-License-Identifier: MIT */
/*
 * One socket that sends all probes of a trace, so that they are one flow and may be under way at
 * the same time. UDP needs no rights; ICMP echo needs net.ipv4.ping_group_range or CAP_NET_RAW;
 * TCP needs CAP_NET_RAW, because the kernel keeps no two connections between the same ends.
 */
#ifndef BERTH_PROBE_TRACE_FLOW_H
#define BERTH_PROBE_TRACE_FLOW_H

#include <stdbool.h>

#include "probe/trace_packet.h"

struct asked;

struct trace_flow {
	struct trace_flow_id id;
	int fd;
	int keeper; /* TCP: holds our port, so that no other program gets it; else -1 */
	bool is_raw;
	bool has_ip_header; /* what is received begins with it */
};

struct trace_answer {
	int index; /* of the probe; -1: not known which */
	enum probe_answer answer;
	struct icmp_seen icmp;
};

/* Source address, device and mark are taken from @asked. -EPERM or -EACCES: needs rights. */
int trace_flow_open(struct trace_flow *flow, const struct asked *asked);
void trace_flow_close(struct trace_flow *flow);
/* 0, or -errno when this host does not send it. */
int trace_flow_send(struct trace_flow *flow, uint16_t index, uint8_t ttl);
/* The next answer that is waiting; false: none. Does not block. */
bool trace_flow_receive(struct trace_flow *flow, struct trace_answer *ret);

#endif
