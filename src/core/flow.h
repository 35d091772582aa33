/* SPDX-License-Identifier: MIT */
/* A packet's five numbers: protocol, and address and port of both ends. */
#ifndef BERTH_CORE_FLOW_H
#define BERTH_CORE_FLOW_H

#include <stdint.h>

#include "core/addr.h"
#include "core/sock.h"

struct names;
struct parse_error;

struct flow {
	enum sock_proto proto; /* TCP, UDP or UDPLITE */
	struct addr source, destination; /* of one family; .source of ADDR_NONE: not said */
	uint16_t source_port;		 /* 0: not said */
	uint16_t destination_port;
};

enum { FLOW_TEXT_SIZE = 2 * (ADDR_TEXT_SIZE + 8) + 16 };

/*
 * "tcp 1.2.3.4:50001 > 10.0.0.2:80", "udp [::1]:5 -> [::1]:53", "10.0.0.2:443" (tcp, source left
 * out), "tcp/1.2.3.4 > 10.0.0.2:80" (source port left out); without a protocol it is tcp. Names of
 * hosts and services are looked up; of a host's addresses the first that fits the other end is
 * taken. 0 or -EINVAL with @error set.
 */
int flow_parse(const char *text, const struct names *names, struct flow *ret,
	       struct parse_error *error);

/* "tcp 1.2.3.4:50001 > 10.0.0.2:80", "tcp > 10.0.0.2:80"; FLOW_TEXT_SIZE bytes. Returns @text. */
char *flow_format(const struct flow *flow, char *text);

#endif
