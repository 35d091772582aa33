/* SPDX-License-Identifier: MIT */
/*
 * One socket that asks the network one question, non-blocking, so that many can be asked at once:
 * a TCP handshake, a datagram or (where rights allow it) an echo request, with any TTL, and what
 * came back as a struct probe. TCP and UDP need no rights: IP_RECVERR hands ICMP errors with their
 * sender to anybody.
 */
#ifndef BERTH_PROBE_ASKING_H
#define BERTH_PROBE_ASKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "core/case.h"
#include "probe/trace_flow.h"

struct asking {
	struct probe probe; /* proto, port, ttl are set by the caller; the rest is the answer */
	struct addr dst;
	uint8_t min_ttl;    /* answers with a smaller TTL are not heard; 0: all */
	bool any_source;    /* leave out --bind */
	bool same_port;	    /* keep the port of --bind: only one at a time can */
	bool no_flow_label; /* IPv6: the same label (none) on every socket, for one flow */
	int fd;		    /* -1 when answered or never sent */
	struct trace_flow flow; /* echo requests only: what .fd belongs to */
	bool done;
	struct addr local; /* where it was sent from */
	uint16_t local_port;
	uint64_t started_ns;
	struct tcp_seen tcp;
};

/* Send the question. Options of @asked (device, mark, source address) are applied. */
void asking_start(struct asking *asking, const struct asked *asked);
/* Wait until all of @n are done or CLOCK_MONOTONIC passes @until_ns; open ones stay open. */
void asking_wait(struct asking *askings, size_t n, uint64_t until_ns);
/* Look once, without waiting, at one; used by loops that poll other things too. */
void asking_check(struct asking *asking);
void asking_stop(struct asking *askings, size_t n);

/* Shared with the attempts: */
struct sockaddr_storage;
/* Returns the length of what was made of @addr, for connect() and the like. */
unsigned sockaddr_make(const struct addr *addr, uint16_t port, struct sockaddr_storage *ret);
bool sockaddr_read(const struct sockaddr_storage *ss, struct addr *ret_addr, uint16_t *ret_port);
/* SO_MARK, SO_BINDTODEVICE, TTL, IP_RECVERR ...: 0 or -errno of the first that failed. */
int socket_apply_asked(int fd, const struct asked *asked, enum addr_family family);
void socket_hear_errors(int fd, enum addr_family family);
void socket_set_ttl(int fd, enum addr_family family, int ttl);
/* Take the next error from the error queue; false when it is empty. */
bool socket_take_icmp(int fd, struct icmp_seen *ret);
/* The same with what it quotes of our packet: @len is the room at @data, then how much came. */
bool socket_take_error(int fd, struct icmp_seen *ret, uint8_t *data, size_t *len);
void socket_tcp_seen(int fd, struct tcp_seen *ret);

#endif
