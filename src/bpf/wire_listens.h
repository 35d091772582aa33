/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* What src/bpf/listens.bpf.c is asked: user space writes it, the kernel half only reads. */
#ifndef BERTH_BPF_WIRE_LISTENS_H
#define BERTH_BPF_WIRE_LISTENS_H

#include "bpf/wire.h"

enum {
	WIRE_LISTENS_RING = 4096, /* bytes; a wake-up takes 16, and one is as good as many */
	WIRE_PORT_WORDS = 65536 / 32,
};

struct wire_listens {
	wire_u32 only_netns; /* inode of the network namespace */
	wire_u32 reserved;
	wire_u32 ports[WIRE_PORT_WORDS]; /* a bit a port, in host order */
};

_Static_assert(sizeof(struct wire_listens) == 8 + 8192, "wire layout");

#endif
