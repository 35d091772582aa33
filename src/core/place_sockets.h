/* SPDX-License-Identifier: MIT */
/* Sockets and processes of a place that have to do with the flow or the port asked for. */
#ifndef BERTH_CORE_PLACE_SOCKETS_H
#define BERTH_CORE_PLACE_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/addr.h"

struct place_socket {
	uint8_t proto;	/* enum sock_proto; SOCK_PROTO_UNIX: .path */
	uint8_t state;	/* enum sock_state */
	struct addr local, remote;
	uint16_t local_port, remote_port;
	uint32_t device; /* SO_BINDTODEVICE index; 0: any */
	const char *device_name;
	uint32_t inode;	 /* 0: no socket file (not accepted yet, TIME_WAIT) */
	uint32_t uid;
	uint64_t netns;  /* where it lives; differs from the place's for "other netns" listeners */
	const char *netns_name;
	uint32_t recv_queue, send_queue; /* LISTEN: waiting connections, backlog */
	bool v6only, reuseport, reuseaddr;
	bool options_known; /* the three above */
	uint32_t rmem, rcvbuf, drops; /* of skmem */
	bool has_skmem;
	bool has_md5;	   /* TCP MD5 or AO keys */
	bool has_filter;   /* a BPF socket filter is attached */
	int min_ttl;	   /* IP_MINTTL, IPV6_MINHOPCOUNT; 0: none */
	int defer_accept;  /* seconds; 0: off */
	bool sockopts_read; /* the four above were read (pidfd_getfd) */
	uint64_t accepted_pid_time; /* reserved */
	uint32_t pids[8];  /* holders */
	unsigned n_pids;
	bool in_flight;	   /* only inside a UNIX socket message */
	const char *path;  /* UNIX */
	double timer_seconds; /* TIME_WAIT: left */
	bool is_flow;	   /* the far (or near) end of one of our own attempts */
};

struct place_process {
	uint32_t pid, parent, uid;
	const char *comm, *cmdline, *cgroup;
	char state;	   /* R S D T t Z of /proc/PID/stat */
	bool frozen;	   /* cgroup freezer */
	uint32_t n_fds, max_fds; /* RLIMIT_NOFILE; 0: not known */
	bool in_accept;	   /* some thread waits in accept, poll, epoll or select now */
	const char *syscall; /* it is in: "accept4", "pause"; NULL: not known */
	uint64_t memory_limit, memory_used; /* of its cgroup; 0: none */
	uint64_t netns;
	uint32_t last_error_port; /* its own connect to this port failed during the attempts ... */
	struct addr last_error_addr; /* ... at this address (a proxy's backend) */
	int last_error;
};

#endif
