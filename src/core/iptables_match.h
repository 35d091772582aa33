/* SPDX-License-Identifier: MIT */
/* Does one entry of a legacy iptables table match a packet? */
#ifndef BERTH_CORE_IPTABLES_MATCH_H
#define BERTH_CORE_IPTABLES_MATCH_H

#include "core/nft_value.h"

/* An entry within its table: everything inside [bytes, bytes + next) was checked. */
struct iptables_entry {
	const uint8_t *bytes;
	size_t matches, target, next; /* offsets of the first match, the target and the end */
	uint64_t packets;	      /* counter */
	bool v6;
};

/* The entry at @offset; false when it is not one. */
bool iptables_entry_at(const uint8_t *entries, size_t size, size_t offset, bool v6,
		       struct iptables_entry *ret_entry);

/* Adds the kinds of conditions met to @because (enum verdict_because). */
enum nft_truth iptables_entry_matches(const struct iptables_entry *entry,
				      const struct packet *packet, uint32_t *because);

#endif
