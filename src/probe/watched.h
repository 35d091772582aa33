/* SPDX-License-Identifier: MIT */
/*
 * Follows the sockets of a traced command from call to call and says when one of them has failed:
 * at once, while the program is still stopped in that call and the socket exists.
 */
#ifndef BERTH_PROBE_WATCHED_H
#define BERTH_PROBE_WATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/case.h"
#include "probe/tracer.h"

struct watched_socket {
	pid_t pid;
	int fd;
	uint8_t proto;	/* SOCK_PROTO_TCP or _UDP */
	uint8_t family; /* enum addr_family */
	bool nonblocking;
	bool connecting; /* EINPROGRESS, no result yet */
	bool reported;	 /* its end has been told */
	bool send_blocked, recv_waited;
	bool shut;
	double waited_s; /* in poll and the like that ended without an event, since the last byte */
	uint64_t wait_started_ns;
	struct asked asked; /* its options; .bind_addr, .addr, .port ... */
	struct attempt attempt;
	bool has_attempt;
};

struct watched {
	void *data;
	/* An attempt has ended. @socket is NULL if socket() itself failed. */
	void (*ended)(const struct attempt *attempt, const struct asked *asked, void *data);
	struct watched_socket *sockets;
	size_t n, room;
	struct attempt weak;	  /* a UDP connect() that failed: resolvers do it to sort addresses */
	struct asked weak_asked;
	bool has_weak;
	char dns_name[256];	  /* the last name asked of a DNS server; "" if none */
	bool landlocked, seccomped; /* the command restricted itself so */
	struct { pid_t pid; uint64_t started_ns; } waits[64]; /* threads in poll and the like */
};

void watched_release(struct watched *watched);

/* For struct tracer_watcher; @data is the struct watched. */
void watched_call(const struct traced_call *call, void *data);
void watched_forked(pid_t parent, pid_t child, void *data);
void watched_execed(pid_t pid, void *data);

#endif
