/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * What the kernel half writes and the user half reads: fixed widths, no holes, no pointers. Numbers
 * are in host order; addresses are bytes as on the wire.
 */
#ifndef BERTH_BPF_WIRE_H
#define BERTH_BPF_WIRE_H

#ifdef __bpf__
#include <linux/types.h>
typedef __u8 wire_u8;
typedef __u16 wire_u16;
typedef __u32 wire_u32;
typedef __s32 wire_s32;
typedef __u64 wire_u64;
#else
#include <stdint.h>
typedef uint8_t wire_u8;
typedef uint16_t wire_u16;
typedef uint32_t wire_u32;
typedef int32_t wire_s32;
typedef uint64_t wire_u64;
#endif

enum wire_kind {
	WIRE_PROCESS = 1, /* of the records that follow it, by this worker */
	WIRE_SOCKET = 2,  /* a file descriptor of a process that is a socket */
	WIRE_LOOSE = 3,	  /* a TCP socket found in the kernel's tables */
	WIRE_BIND = 4,	  /* more of the socket before it */
	WIRE_RING = 5,	  /* a process whose descriptor .fd is an io_uring */
};

enum wire_flag {
	WIRE_REUSEPORT = 1 << 0,
	WIRE_V6ONLY = 1 << 1,
	WIRE_REUSEPORT_PROG = 1 << 2,
	WIRE_MPTCP = 1 << 3,
	WIRE_HAS_FILE = 1 << 6, /* WIRE_LOOSE: it is somebody's all the same */
	WIRE_HAS_BIND = 1 << 7,   /* .inet_flags, .userlocks and the reuseport group are meant */
};

enum { /* struct inet_sock.inet_flags, as since 6.5 (include/net/inet_sock.h) */
	WIRE_INET_FREEBIND = 11,
	WIRE_INET_TRANSPARENT = 15,
	WIRE_INET_NO_PORT = 18,
};

enum { /* struct sock.sk_userlocks */
	WIRE_LOCK_ADDR = 4,
	WIRE_LOCK_PORT = 8,
	WIRE_CONNECT_BIND = 16,
};

enum wire_timer { WIRE_TIMER_NONE, WIRE_TIMER_RETRANS, WIRE_TIMER_KEEPALIVE, WIRE_TIMER_WAIT, WIRE_TIMER_PROBE0 };

struct wire_process {
	wire_u64 start_ns; /* since boot */
	wire_u32 pid;
	wire_u32 pid_inner;
	wire_u32 parent;
	wire_u32 uid; /* real */
	wire_u32 netns;
	wire_u32 pidns;
	wire_u32 userns;
	char comm[16];
	wire_s32 fd; /* WIRE_RING */
	wire_u8 reserved[64];
};

struct wire_socket {
	wire_u64 cookie;
	wire_u8 local[16], remote[16];
	wire_u32 inode;
	wire_s32 fd; /* -1: in flight to a UNIX socket of the process */
	wire_u32 uid, device, mark;
	wire_u32 netns; /* inode of the socket's namespace */
	wire_u32 recv_queue, send_queue;
	wire_s32 timer_jiffies;
	wire_u32 reuseport_id;
	wire_u16 local_port, remote_port;
	wire_u16 family, protocol;
	wire_u32 inet_flags;
	wire_u8 flags; /* enum wire_flag */
	wire_u8 state, type;
	wire_u8 userlocks, shutdown, reuse; /* the kernel's words for them */
	wire_u8 timer; /* enum wire_timer */
	wire_u8 retransmits;
	wire_u16 reuseport_members;
	wire_u32 half_open; /* LISTEN: connections whose last ACK is awaited */
	wire_u8 reserved[4];
};

/* What bind() and the choice of a receiver look at; only when asked for. */
struct wire_bind {
	wire_u8 bucket_addr[16];
	/* Sockets behind it in its chains: of UDP's port, of listeners or of UDP's port and address. */
	wire_u32 behind_in_port, behind_in_chain;
	/* What the port's bucket remembers of its binds: struct inet_bind_bucket. */
	wire_u32 bucket_uid;
	wire_u16 bucket_family;
	signed char bucket_fastreuse, bucket_fastreuseport;
	wire_u8 has_bucket, bucket_v6only;
	wire_u8 group_has_conns, group_has_closed;
	wire_u8 reserved[84];
};

struct wire_record {
	wire_u32 kind; /* enum wire_kind */
	wire_u32 number; /* for checks: counts up within a window */
	union {
		struct wire_process process;
		struct wire_socket socket;
		struct wire_bind bind;
	};
};

enum {
	WIRE_TABLES = 16,
	WIRE_WORKERS = 2,
	WIRE_BEHIND_MAX = 65536, /* no further is counted in wire_bind.behind_... */
	WIRE_WINDOW = 8192, /* records each worker may write before its owner must read */
};

/* One worker's state, kept between calls; what is asked for is written by the user half. */
struct wire_worker {
	wire_u64 n;	   /* records in the window */
	wire_u64 next;	   /* tasks: the first fd not looked at yet; tables: bucket */
	wire_u64 task_start; /* whose .next it is */
	wire_u64 n_held;   /* tables: sockets passed over because they have a file */
	wire_u64 n_denied; /* reads that met memory in change */
	wire_u32 task_pid;
	wire_u32 done;	   /* tables: nothing is left */
	wire_u64 jiffies, uptime_ns; /* at the last call, to learn the length of a jiffy */
	wire_u32 told;	   /* tasks: the process of the records is */
	wire_u8 apart[60]; /* workers do not share cache lines */
};

/* The question, constant while programs run. */
struct wire_question {
	wire_u32 workers; /* 1 or 2 */
	wire_u32 reader_tids[WIRE_WORKERS];
	wire_u32 local_port;	/* only sockets with this port; 0: all */
	wire_u32 only_inet;	/* no others than IPv4 and IPv6 */
	wire_u32 with_bind;	/* fill what is only meant with WIRE_HAS_BIND, and tell WIRE_BIND */
	wire_u32 all_tables;	/* tables: also those with a file, to find the unheld */
	wire_u32 tables;	/* 0: walk the tasks; 1: the TCP tables */
	wire_u32 with_mptcp;	/* tables: also MPTCP's subflows, which no process holds itself */
	wire_u32 with_flight;	/* tasks: also what is in flight to their UNIX sockets, and io_urings */
	wire_u32 foreign_table;	/* tables: 0: the reader's, n: that of .foreign_tables[n - 1] */
	/* Of TCP sockets only: */
	wire_u32 only_netns;	/* those of the namespace with this inode; 0: all */
	wire_u32 not_family;	/* none of this address family */
	wire_u32 states;	/* bit 1 << state, bound ones (13) apart from closed ones; 0: all */
};

struct wire_shared {
	struct wire_worker workers[WIRE_WORKERS];
	struct wire_question question;
	/* The kernel half's own: the file operations that sockets have, and io_urings, once met. */
	wire_u64 socket_ops, ring_ops;
	/* The TCP tables of tasks whose namespace does not share the reader's (tcp_child_ehash_entries). */
	wire_u64 foreign_tables[WIRE_TABLES];
	wire_u32 n_foreign_tables; /* more than WIRE_TABLES: some were not kept */
	wire_u32 reserved;
};

_Static_assert(sizeof(struct wire_process) == 120, "wire layout");
_Static_assert(sizeof(struct wire_bind) == 120, "wire layout");
_Static_assert(sizeof(struct wire_socket) == 112, "wire layout");
_Static_assert(sizeof(struct wire_record) == 128, "wire layout");
_Static_assert(sizeof(struct wire_worker) == 128, "wire layout");
_Static_assert(sizeof(struct wire_question) == 56, "wire layout");

#endif
