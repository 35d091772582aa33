/* SPDX-License-Identifier: MIT */
/* Names of the running kernel: functions by address, drop reasons by number. */
#ifndef BERTH_SOURCES_KERNEL_NAMES_H
#define BERTH_SOURCES_KERNEL_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct kernel_names;

/* Nothing is read before it is asked for. NULL without memory. */
struct kernel_names *kernel_names_new(void);
void kernel_names_free(struct kernel_names *names);
static inline void kernel_names_freep(struct kernel_names **names)
{
	kernel_names_free(*names);
}

/*
 * The function that holds @address, by /proc/kallsyms; NULL when not known (addresses are hidden
 * from the unprivileged). The same pointer for the same address.
 */
const char *kernel_names_symbol(struct kernel_names *names, struct arena *arena, uint64_t address,
				uint32_t *ret_offset);

/* "NETFILTER_DROP" for a number of enum skb_drop_reason, by the kernel's BTF; NULL: not known. */
const char *kernel_names_reason(struct kernel_names *names, struct arena *arena, uint32_t reason);

/*
 * Find the values of enum @name in BTF (Documentation/bpf/btf.rst): @each gets every member. False
 * when the bytes are not BTF or have no such enum. Safe on any bytes; exposed for tests.
 */
int btf_enum_foreach(const void *btf, size_t len, const char *name,
		     void (*each)(const char *member, uint32_t value, void *data), void *data);

#endif
