/* SPDX-License-Identifier: MIT */
/* The kernel's own list of network namespaces, by BPF: what the other ways of looking are measured by. */
#ifndef BERTH_SOURCES_NETNS_KERNEL_H
#define BERTH_SOURCES_NETNS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

struct netns_id {
	uint64_t id;	/* 64-bit id of 6.18 and newer, else 0 */
	uint64_t inode;
};

/*
 * All of them, in *@ret_ids (caller frees). 0, -EPERM without the rights, -E2BIG if there are more
 * than 4,095, or -errno when this kernel cannot tell (before 5.17, or without BTF).
 */
int netns_kernel_list(struct netns_id **ret_ids, size_t *ret_n);

#endif
