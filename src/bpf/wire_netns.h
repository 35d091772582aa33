/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* What src/bpf/netns.bpf.c reads and tells: one step along the list of network namespaces. */
#ifndef BERTH_BPF_WIRE_NETNS_H
#define BERTH_BPF_WIRE_NETNS_H

#include "bpf/wire.h"

struct wire_netns {
	wire_u64 at;	/* which entry of the list; 0 asks for our own and becomes its address */
	wire_u64 next;	/* the entry after it */
	wire_u64 id;	/* struct ns_common.ns_id (6.18 and newer), else 0 */
	wire_u64 ops;	/* the same for all namespaces; what else it is for the head of the list */
	wire_u32 inode;
	wire_u32 dying;
};

_Static_assert(sizeof(struct wire_netns) == 40, "wire layout");

#endif
