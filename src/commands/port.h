/* SPDX-License-Identifier: MIT */
/* What the files of `berth port` share: one answer for each port and protocol. */
#ifndef BERTH_COMMANDS_PORT_H
#define BERTH_COMMANDS_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/host.h"
#include "core/sock.h"

struct invocation;
struct output;
struct services;
struct snapshot;
struct strbuf;

enum port_right {
	PORT_RIGHT_UNKNOWN, /* of a recording, or another namespace */
	PORT_RIGHT_YES,
	PORT_RIGHT_NO,	    /* CAP_NET_BIND_SERVICE is missing */
};

struct port_answer {
	uint16_t port;
	enum sock_proto proto;
	const char *file_name;	  /* in /etc/services; NULL: none */
	const uint32_t *socks;	  /* those that hold it: listening, unconnected or only bound */
	uint32_t n_socks;
	uint32_t n_connections;	  /* others with this local port, but for: */
	uint32_t n_time_wait;	  /* remains of closed connections */
	enum port_right may_bind; /* as far as privilege goes */
};

struct port_answers {
	struct port_answer *items;
	size_t n, room;
	uint32_t *socks;
	const struct snapshot *snap;
	const struct host *host;  /* whose ranges are told */
	const struct services *services;
	bool brief;		  /* several ports: a table */
	const char *const *asked; /* ends with NULL */
};

/* "ephemeral", "reserved", "neither": what this host does with the port when clients need one. */
const char *port_host_range(const struct host *host, uint16_t port);

/* Each returns 0 or -errno. */
int port_print_text(const struct port_answers *answers, struct output *output);
int port_print_json(const struct port_answers *answers, struct output *output);

#endif
