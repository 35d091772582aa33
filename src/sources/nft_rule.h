/* SPDX-License-Identifier: MIT */
/* The one rule that we ever put into nftables: packets of a flow get "meta nftrace set 1". */
#ifndef BERTH_SOURCES_NFT_RULE_H
#define BERTH_SOURCES_NFT_RULE_H

#include <stdbool.h>
#include <stdint.h>

struct nft_flow;
struct nlmsghdr;

/* Append the rule's expressions, for a table of @family; @back: for the answers. */
void nft_rule_put(struct nlmsghdr *msg, uint8_t family, const struct nft_flow *flow, bool back);

#endif
