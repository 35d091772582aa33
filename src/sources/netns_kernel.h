/* SPDX-License-Identifier: MIT */
/* The kernel's own list of network namespaces, by BPF: what the other ways of looking are measured by. */
#ifndef BERTH_SOURCES_NETNS_KERNEL_H
#define BERTH_SOURCES_NETNS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netns_id {
	uint64_t id;	/* 64-bit id of 6.18 and newer, else 0 */
	uint64_t inode;
};

/*
 * The program that walks the list, once loaded: its fd, which the caller closes. -EPERM without the
 * rights or in a pid namespace of our own (berth tells there of what its /proc shows; the list would
 * bring the machine's other containers in, without their processes), or -errno when this kernel
 * cannot tell (before 5.17, or without BTF).
 */
int netns_kernel_open(void);
/*
 * All of them, in *@ret_ids (caller frees). 0, -E2BIG if there are more than 4,095, -EAGAIN if the
 * list would not hold still, or -errno.
 */
int netns_kernel_list(int prog, struct netns_id **ret_ids, size_t *ret_n);
/* Is our own the only one? False also if that cannot be told. */
bool netns_kernel_is_only(int prog);

#endif
