/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* What src/bpf/netns.bpf.c tells: every network namespace of the machine. */
#ifndef BERTH_BPF_WIRE_NETNS_H
#define BERTH_BPF_WIRE_NETNS_H

#include "bpf/wire.h"

enum { WIRE_NETNS_MAX = 4095 };

struct wire_netns {
	wire_u64 id;	/* struct ns_common.ns_id (6.18 and newer), else 0 */
	wire_u32 inode;
	wire_u32 reserved;
};

struct wire_netns_list {
	wire_u32 n;
	wire_u32 complete; /* the list was walked to its end, and all of it is here */
	wire_u64 reserved;
	struct wire_netns all[WIRE_NETNS_MAX];
};

_Static_assert(sizeof(struct wire_netns_list) == 16 * (WIRE_NETNS_MAX + 1), "wire layout");

#endif
