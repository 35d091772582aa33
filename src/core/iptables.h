/* SPDX-License-Identifier: MIT */
/*
 * A legacy iptables table in the kernel's binary form (linux/netfilter_ipv4/ip_tables.h,
 * ip6_tables.h) and walking a packet through it on paper. Safe on any bytes: every offset is
 * checked.
 */
#ifndef BERTH_CORE_IPTABLES_H
#define BERTH_CORE_IPTABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kernel_event.h"
#include "core/nft.h"
#include "core/packet.h"

enum { N_IPTABLES_HOOKS = 5 }; /* prerouting input forward output postrouting */

struct iptables_table {
	const char *name; /* "filter" */
	bool v6;
	uint32_t valid_hooks;
	uint32_t hook_entry[N_IPTABLES_HOOKS], underflow[N_IPTABLES_HOOKS];
	const uint8_t *entries;
	size_t size;
};

/*
 * Walk @packet through @hook of one table; verdicts are appended to @passage->place (its ruleset
 * gives only the arena). Unknown matches leave a verdict possible.
 */
enum nft_fate iptables_table_walk(const struct iptables_table *table, struct nft_passage *passage,
				  const char *hook, struct packet *packet);

#endif
