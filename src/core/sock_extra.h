/* SPDX-License-Identifier: MIT */
/* What only `list -i -m -o --tos ...` asks for: kept beside the sockets, never in them. */
#ifndef BERTH_CORE_SOCK_EXTRA_H
#define BERTH_CORE_SOCK_EXTRA_H

#include <stdbool.h>
#include <stdint.h>

/* The kernel's struct tcp_info as bytes, so that a newer kernel's longer one is kept whole. */
struct tcp_info_bytes {
	uint16_t len; /* 0: none */
	uint8_t bytes[280];
};

enum { N_SKMEM = 9 }; /* SK_MEMINFO_RMEM_ALLOC .. SK_MEMINFO_DROPS, linux/sock_diag.h */

struct sock_extra {
	struct tcp_info_bytes tcp_info;
	char congestion[16];	/* "cubic"; "" when not known */
	uint32_t skmem[N_SKMEM];
	bool has_skmem;
	uint8_t tos, tclass;
	bool has_tos, has_tclass;
	uint32_t class_id;
	uint16_t sockopt; /* inet_diag_sockopt's bits as the kernel orders them */
	bool has_sockopt;
	uint8_t cc_info[24]; /* vegas, dctcp or bbr by .cc_kind */
	uint8_t cc_kind;	/* INET_DIAG_VEGASINFO, _DCTCPINFO, _BBRINFO or 0 */
	const char *ulp; /* "tls", "mptcp" ...; NULL: none */
	/* UNIX: the file that a path names; inode 0: none. The device as userspace's dev_t has it. */
	uint32_t file_inode, file_major, file_minor;
	bool has_file, has_waiting;
	uint32_t n_waiting; /* UNIX listener: inodes of the clients not yet accepted, in the arena */
	const uint32_t *waiting;
};

#endif
