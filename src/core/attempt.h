/* SPDX-License-Identifier: MIT */
/* What happened to one connect or bind, and to the probes that were sent to understand it. */
#ifndef BERTH_CORE_ATTEMPT_H
#define BERTH_CORE_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

enum attempt_phase { /* JSON names: attempt_phase_name() */
	PHASE_NONE,
	PHASE_RESOLVE,
	PHASE_SOCKET, /* socket() and the options before bind */
	PHASE_BIND,
	PHASE_LISTEN,
	PHASE_CONNECT,
	PHASE_SEND,
	PHASE_RECV,
};
const char *attempt_phase_name(enum attempt_phase phase);

/* An ICMP error as IP_RECVERR hands it over. */
struct icmp_seen {
	struct addr from; /* who sent it; family ADDR_NONE: this kernel itself, no packet */
	uint8_t family;	  /* ADDR_IPV4: ICMP, ADDR_IPV6: ICMPv6 numbers */
	uint8_t type, code;
	bool is_local; /* SO_EE_ORIGIN_LOCAL: the error was made by this kernel without ICMP */
	int error;     /* the errno it means */
	uint32_t mtu;
};

/* The part of struct tcp_info that tells something. */
struct tcp_seen {
	bool known;
	uint8_t state; /* enum sock_state */
	uint8_t retransmits, options;
	uint32_t rtt_us, unacked, retrans_total, pmtu, snd_mss, snd_wnd, notsent_bytes;
	uint64_t bytes_acked, bytes_received, bytes_sent;
	uint32_t segs_in, segs_out, data_segs_in;
	bool zero_window; /* the peer's window is closed */
};

/*
 * The same connect() as a program sees it that blocks: a socket of its own without an error queue,
 * which ICMP errors that come at a bad moment reach late or never.
 */
struct blocking_seen {
	bool made;
	bool waits; /* it still waited when we ended it after .seconds */
	int error;  /* positive errno; 0: it worked, or .waits */
	double seconds;
};

enum { N_ATTEMPT_ICMPS = 4, N_ATTEMPT_BYTES = 32 };

struct attempt {
	struct addr remote, local; /* local: family ADDR_NONE if the kernel had chosen none */
	uint16_t remote_port, local_port;
	uint8_t proto;
	bool ok;
	bool fast_open;	   /* data was sent in the SYN */
	bool by_program;   /* a call of the watched command, not ours */
	bool is_retry;	   /* a repetition made by us to see whether it fails always */
	enum attempt_phase phase; /* where it failed, or how far it came */
	int error;	   /* positive errno; 0: none (still waiting, or the peer closed) */
	bool timed_out;	   /* nobody answered within the time given */
	bool closed;	   /* the peer closed without sending anything */
	bool connected;	   /* the handshake completed */
	double seconds;	   /* until the result */
	double connect_seconds;	  /* until the handshake was complete */
	double gives_up_seconds;  /* until connect() ends by itself where nobody answers; 0: unknown */
	double icmp_seconds;	  /* until the first of .icmps was there */
	struct blocking_seen blocking;
	uint64_t sent_bytes, received_bytes;
	uint64_t datagram_bytes; /* size of the datagram that could not be sent */
	uint8_t first_sent[N_ATTEMPT_BYTES], first_received[N_ATTEMPT_BYTES];
	uint8_t n_first_sent, n_first_received;
	struct icmp_seen icmps[N_ATTEMPT_ICMPS];
	unsigned n_icmps;
	struct tcp_seen tcp;
	uint32_t pid;	   /* of the program; 0: us */
	uint64_t netns;	   /* inode where the call was made; 0: own */
	uint64_t started_ns; /* CLOCK_MONOTONIC */
};

enum probe_answer {
	PROBE_SILENT,	 /* nothing came */
	PROBE_ICMP,	 /* an ICMP error: .icmp */
	PROBE_SYN_ACK,	 /* the handshake completed */
	PROBE_RESET,	 /* refused by RST */
	PROBE_REPLY,	 /* echo reply, or a datagram */
	PROBE_LOCAL_ERROR, /* this kernel refused to send: .icmp.error */
	PROBE_NOT_SENT,
};

/* One question to the network and its answer. */
struct probe {
	uint8_t proto;	/* SOCK_PROTO_TCP, _UDP or _ICMP (echo) */
	uint16_t port;
	uint8_t ttl;	/* 0: the default */
	bool other_source; /* without the source address and port that were asked for */
	uint8_t tries;
	enum probe_answer answer;
	struct icmp_seen icmp;
	double seconds;
};

enum probe_tls { PROBE_TLS_NOT_ASKED, PROBE_TLS_YES, PROBE_TLS_NO };

enum { N_LADDER = 16, N_SIDE_PROBES = 16 };

struct probes {
	struct probe ladder[N_LADDER]; /* the asked flow with TTL 1, 2, ...; .answer of each */
	unsigned n_ladder;	       /* 0: not asked */
	struct probe side[N_SIDE_PROBES]; /* other ports, echo, the other family: default TTL */
	unsigned n_side;
	uint8_t reset_ttl; /* TTL with which the RST of the asked port arrived; 0: not measured */
	uint8_t host_ttl;  /* TTL of another answer of the target itself; 0: not measured */
	uint8_t host_hops; /* smallest TTL with which the target itself answered; 0: not known */
	enum probe_tls speaks_tls; /* how the asked port answers a TLS ClientHello */
	uint32_t path_mtu; /* largest packet that comes back, where larger ones are lost; 0: unknown */
	struct { bool seen; struct addr from; uint16_t port; } stray; /* an answer from elsewhere */
	bool answer_arrived; /* the right answer came to this host, its socket never had it */
	bool host_alive;   /* something else than the asked port answered from the target */
	uint32_t retrans_fail; /* TcpExt.TCPRetransFail of the own netns during the attempts */
	bool has_retrans_fail;
};

#endif
