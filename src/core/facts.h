/* SPDX-License-Identifier: MIT */
/* The kinds of fact that commands need and sources provide: only what is asked for is collected. */
#ifndef BERTH_CORE_FACTS_H
#define BERTH_CORE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/sock.h"

enum fact {
	FACT_SOCKETS = 1 << 0,
	FACT_OWNERS = 1 << 1,	  /* which processes hold each socket: pid, fd, comm, uid, start */
	FACT_PROCESSES = 1 << 2,  /* more about the owners: exe, cmdline, parent, cgroup, unit */
	FACT_HOST = 1 << 3,	  /* sysctls, interfaces, addresses */
	FACT_TCP_INFO = 1 << 4,	  /* snapshot.extras: tcp_info and congestion control */
	FACT_SKMEM = 1 << 5,	  /* snapshot.extras: skmem */
	FACT_SOCKOPT = 1 << 6,	  /* v6only, inet_diag_sockopt, tos, mark, class id */
	FACT_CGROUP = 1 << 7,	  /* the cgroup of each socket */
	FACT_REUSE = 1 << 8,	  /* SO_REUSEADDR, SO_REUSEPORT and groups: BPF or pidfd_getfd */
	FACT_CONTAINERS = 1 << 9, /* names and images from the runtimes */
	FACT_NAT = 1 << 10,	  /* ports served without a socket: DNAT, redirect, sk_lookup ... */
	FACT_ALL_PROCESSES = 1 << 11, /* also processes that hold no socket of the answer */
	FACT_PAIRS = 1 << 13,	  /* the other ends of connections within the machine: core/pair.h */
	FACT_NOTES = 1 << 14,	  /* what owners alone do not tell: core/note.h */
	FACT_UNHELD = 1 << 16,	  /* every way of finding who has a socket, costly ones too */
	FACT_USERS = 1 << 12,	  /* the names of the user ids of sockets and processes */
	FACT_TRANSLATIONS = 1 << 17, /* connections that NAT changes on the way */
	/* The cookies of all: the kernel makes a socket's when sock_diag first shows it, not for BPF. */
	FACT_COOKIE = 1 << 15,
};

enum netns_choice {
	NETNS_DEFAULT, /* all that can be entered when privileged, else the own one */
	NETNS_SELF,
	NETNS_ALL,
	NETNS_ONE, /* request.netns: an ip-netns name, a pid, or an inode */
};

/* What a question needs. Narrow requests are answered faster; a source may return more. */
struct request {
	uint32_t facts;		/* enum fact */
	uint32_t protos;	/* bit 1 << enum sock_proto */
	uint32_t states;	/* bit 1 << enum sock_state; TCP only */
	bool ipv4, ipv6;	/* which inet families */
	uint16_t local_port;	/* only sockets with this local port; 0: any */
	enum netns_choice netns_choice;
	const char *netns;
	const char *source;	/* forced by --source: "proc", "sock_diag", "bpf"; NULL: chosen */
};

#define PROTO_BIT(proto) (1u << (proto))
#define STATE_BIT(state) (1u << (state))
#define STATES_ALL	 ((1u << N_SOCK_STATES) - 1)
#define PROTOS_ALL	 ((1u << N_SOCK_PROTOS) - 1)
#define PROTOS_WITH_PORTS                                                                          \
	(PROTO_BIT(SOCK_PROTO_TCP) | PROTO_BIT(SOCK_PROTO_UDP) | PROTO_BIT(SOCK_PROTO_UDPLITE))
#define PROTOS_INET (PROTOS_WITH_PORTS | PROTO_BIT(SOCK_PROTO_RAW) | PROTO_BIT(SOCK_PROTO_ICMP))

#endif
