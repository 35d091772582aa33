/* SPDX-License-Identifier: MIT */
/*
 * One socket as seen at one moment. Fixed size, so that a million of them are one array; whatever
 * only some questions need (tcp_info, skmem) lives in side arrays of the snapshot.
 */
#ifndef BERTH_CORE_SOCK_H
#define BERTH_CORE_SOCK_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

enum sock_proto {
	SOCK_PROTO_TCP,
	SOCK_PROTO_UDP,
	SOCK_PROTO_UDPLITE,
	SOCK_PROTO_RAW,
	SOCK_PROTO_UNIX,
	SOCK_PROTO_PACKET,
	SOCK_PROTO_NETLINK,
	SOCK_PROTO_ICMP,  /* ping sockets */
	SOCK_PROTO_OTHER, /* a socket fd of a family we cannot dump (vsock, bluetooth, ...) */
};
enum { N_SOCK_PROTOS = SOCK_PROTO_OTHER + 1 };

/* TCP's states with the kernel's numbers (include/net/tcp_states.h); RFC 9293 3.3.2. */
enum sock_state {
	SOCK_STATE_UNKNOWN = 0,
	SOCK_STATE_ESTABLISHED = 1, /* also: a connected UDP, raw or UNIX socket */
	SOCK_STATE_SYN_SENT = 2,
	SOCK_STATE_SYN_RECV = 3,
	SOCK_STATE_FIN_WAIT1 = 4,
	SOCK_STATE_FIN_WAIT2 = 5,
	SOCK_STATE_TIME_WAIT = 6,
	SOCK_STATE_CLOSE = 7, /* unconnected; TCP only with a port: see BOUND_INACTIVE */
	SOCK_STATE_CLOSE_WAIT = 8,
	SOCK_STATE_LAST_ACK = 9,
	SOCK_STATE_LISTEN = 10,
	SOCK_STATE_CLOSING = 11,
	SOCK_STATE_NEW_SYN_RECV = 12,
	SOCK_STATE_BOUND_INACTIVE = 13, /* TCP: bound, neither listening nor connected (6.8+) */
};
enum { N_SOCK_STATES = SOCK_STATE_BOUND_INACTIVE + 1 };

/* struct sock.type: the kernel's SOCK_STREAM.. numbers, 0 when unknown. */

/* Socket options as bits; a bit of .options means something only where .options_known has it. */
enum sock_option {
	SOCK_OPTION_V6ONLY = 1 << 0,
	SOCK_OPTION_REUSEADDR = 1 << 1,
	SOCK_OPTION_REUSEPORT = 1 << 2,
	SOCK_OPTION_FREEBIND = 1 << 3,
	SOCK_OPTION_TRANSPARENT = 1 << 4,
	SOCK_OPTION_BIND_ADDRESS_NO_PORT = 1 << 5,
	SOCK_OPTION_MPTCP = 1 << 6,	  /* subflow of an MPTCP connection */
	SOCK_OPTION_SHUT_READ = 1 << 7,
	SOCK_OPTION_SHUT_WRITE = 1 << 8,
	SOCK_OPTION_REUSEPORT_PROG = 1 << 9, /* a BPF program picks the SO_REUSEPORT member */
	SOCK_OPTION_LOCK_ADDR = 1 << 10,  /* bind() gave the address (SOCK_BINDADDR_LOCK) */
	SOCK_OPTION_LOCK_PORT = 1 << 11,  /* bind() gave the port (SOCK_BINDPORT_LOCK) */
	SOCK_OPTION_CONNECT_BIND = 1 << 12, /* connect() chose the port (6.18+) */
	SOCK_OPTION_BPF_LISTENER = 1 << 13, /* reserved for sources that see filters on listeners */
};

enum sock_timer { SOCK_TIMER_NONE, SOCK_TIMER_RETRANS, SOCK_TIMER_KEEPALIVE, SOCK_TIMER_TIME_WAIT, SOCK_TIMER_PROBE0 };

struct sock {
	struct addr local, remote;
	uint64_t cookie;      /* the kernel's 64-bit id of the socket; 0: not known */
	uint32_t inode;	      /* of the socket's file; 0: no file (TIME_WAIT, orphan, un-accepted) */
	uint32_t uid;
	uint32_t recv_queue;  /* bytes; LISTEN: connections waiting for accept() */
	uint32_t send_queue;  /* bytes; LISTEN: the backlog */
	uint32_t device;      /* bound device's interface index; 0: none */
	uint32_t mark;	      /* SO_MARK; 0 when unset or not seen */
	uint32_t first_owner; /* index into snapshot.owners; meaningful if n_owners */
	uint32_t n_owners;
	uint32_t name;	      /* snapshot text id: UNIX path (may hold NUL and any byte); 0: none */
	uint32_t peer;	      /* UNIX: inode of the other end; 0: none or not known */
	uint32_t timer_ms;    /* until .timer fires; TIME_WAIT: until the entry goes */
	uint32_t cgroup;      /* snapshot text id of the cgroup path; 0: not known */
	/* Host order. RAW: .local_port is the IP protocol, NETLINK: its family, PACKET: ethertype. */
	uint16_t local_port, remote_port;
	uint16_t netns;	      /* index into snapshot.namespaces */
	uint16_t options, options_known; /* enum sock_option */
	uint8_t proto;	      /* enum sock_proto */
	uint8_t state;	      /* enum sock_state */
	uint8_t type;	      /* SOCK_STREAM, SOCK_DGRAM, ... */
	uint8_t timer;	      /* enum sock_timer */
	uint8_t retransmits;
	uint8_t reserved;
};
/* 128 bytes with the index: one u32 slot a socket at half load is 8 more. */
static_assert(sizeof(struct sock) <= 120, "a million sockets must stay small");

const char *sock_proto_name(enum sock_proto proto); /* "tcp", "udp", ... */
/* Our words, in ss's spelling where ss has one: "ESTAB", "LISTEN", "BOUND" ... */
const char *sock_state_name(enum sock_state state);
/* The word that names the state in filters: "established", "time-wait", "bound-inactive". */
const char *sock_state_word(enum sock_state state);
/* Parse a state word as ss's filters know them (established, syn-sent, ...); false if none. */
bool sock_state_parse(const char *text, enum sock_state *ret);

static inline bool sock_option_is(const struct sock *sock, enum sock_option option)
{
	return (sock->options & sock->options_known & option) != 0;
}

static inline bool sock_is_inet(const struct sock *sock)
{
	return sock->local.family != ADDR_NONE;
}

/* Is this a place that new traffic can arrive at: LISTEN for TCP, unconnected for UDP. */
bool sock_is_open_port(const struct sock *sock);

#endif
