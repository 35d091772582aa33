/* SPDX-License-Identifier: MIT */
/* The legacy iptables tables (not nftables): reading their binary form and asking them on paper. */
#ifndef BERTH_SOURCES_IPTABLES_H
#define BERTH_SOURCES_IPTABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/iptables.h"

struct arena;

struct iptables {
	bool known; /* at least one table was read */
	struct iptables_table tables[10]; /* raw mangle nat filter security, IPv4 then IPv6 */
	size_t n_tables;
};

/* Read the tables of the calling thread's namespace that are in use. */
void iptables_read(struct arena *arena, struct iptables *ret_iptables);

/* As nft_walk(): verdicts to @place, NAT to @packet. */
enum nft_fate iptables_walk(const struct iptables *iptables, struct arena *arena,
			    struct place *place, const char *hook, struct packet *packet,
			    enum event_direction direction);

#endif
