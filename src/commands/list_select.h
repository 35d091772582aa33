/* SPDX-License-Identifier: MIT */
/* Which sockets ss's flag letters choose, with ss's defaults (ss(8); misc/ss.c default_dbs). */
#ifndef BERTH_COMMANDS_LIST_SELECT_H
#define BERTH_COMMANDS_LIST_SELECT_H

#include <stdbool.h>
#include <stdint.h>

struct request;
struct sock;

enum list_kind {
	LIST_TCP = 1 << 0,
	LIST_UDP = 1 << 1, /* and UDP-Lite, which ss does not know */
	LIST_RAW = 1 << 2, /* and ping sockets */
	LIST_UNIX_STREAM = 1 << 3,
	LIST_UNIX_DGRAM = 1 << 4,
	LIST_UNIX_SEQPACKET = 1 << 5,
	LIST_PACKET_RAW = 1 << 6,
	LIST_PACKET_DGRAM = 1 << 7,
	LIST_NETLINK = 1 << 8,
	LIST_OTHER = 1 << 9,
	LIST_INET = LIST_TCP | LIST_UDP | LIST_RAW,
	LIST_UNIX = LIST_UNIX_STREAM | LIST_UNIX_DGRAM | LIST_UNIX_SEQPACKET,
	LIST_PACKET = LIST_PACKET_RAW | LIST_PACKET_DGRAM,
	LIST_ALL = (1 << 10) - 1,
};

enum list_family {
	LIST_IPV4 = 1 << 0,
	LIST_IPV6 = 1 << 1,
	LIST_FAMILY_UNIX = 1 << 2,
	LIST_FAMILY_PACKET = 1 << 3,
	LIST_FAMILY_NETLINK = 1 << 4,
};

struct list_select {
	uint32_t kinds;	   /* enum list_kind; 0: not chosen yet */
	uint32_t families; /* enum list_family; 0: any */
	uint32_t states;   /* bit 1 << enum sock_state; 0: not chosen yet */
};

/* The first -A begins anew, with connected sockets unless states were chosen before it. */
void list_select_begin_query(struct list_select *select);
/* Take a word of -A ("tcp", "!unix") or -f ("inet6"); false if there is no such word. */
bool list_select_query(struct list_select *select, const char *word);
bool list_select_family(struct list_select *select, const char *word);
/* The states of -l, -a, -B. */
void list_select_listening(struct list_select *select);
void list_select_all(struct list_select *select);
void list_select_bound(struct list_select *select);

/* After the last option: fill in the defaults, then what must be collected. */
void list_select_finish(struct list_select *select);
void list_select_narrow(const struct list_select *select, struct request *request);

/* Do the flags (-t, -l, -4 ...) show @sock? The filter is asked apart. */
bool list_select_matches(const struct list_select *select, const struct sock *sock);

#endif
