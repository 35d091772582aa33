/* SPDX-License-Identifier: MIT */
/*
 * A table of our own in nftables that marks one flow's packets for the kernel's trace, and nothing
 * else. It belongs to the netlink socket that made it (NFT_TABLE_F_OWNER, kernel 5.12): the kernel
 * takes it away when that closes, however the process ends.
 */
#ifndef BERTH_SOURCES_NFT_TABLE_H
#define BERTH_SOURCES_NFT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

struct netlink;

/* Packets from @client to @server are "there", the others "back". */
struct nft_flow {
	struct addr client, server; /* .client: family ADDR_NONE: any */
	uint16_t client_port, server_port; /* 0: any */
	uint8_t ip_proto; /* IPPROTO_TCP, IPPROTO_UDP */
};

/* Begins the names of our tables; our process id follows. */
#define NFT_TABLE_PREFIX "berth_trace_"
/* Names of our chains begin so; by them an event tells the direction. */
#define NFT_CHAIN_THERE "there"
#define NFT_CHAIN_BACK "back"

/* What is to be marked, and where it comes in: netdev chains belong to a device. */
struct nft_marking {
	const struct nft_flow *flows;
	size_t n_flows;
	const char *in_there, *in_back; /* devices; NULL: none */
};

/*
 * Make the table in @family (NFPROTO_INET, _BRIDGE or _NETDEV) of the namespace of @nl. @ret_owned:
 * the kernel will remove it by itself; else nft_table_remove() must. 0 or -errno.
 */
int nft_table_add(struct netlink *nl, uint8_t family, const struct nft_marking *marking,
		  bool *ret_owned);
int nft_table_remove(struct netlink *nl, uint8_t family);

/*
 * What tables there are, as a bit a family (1 << NFPROTO_...), ours left out. Tables of ours whose
 * process has gone (it was killed on a kernel without owners) are removed. 0 or -errno.
 */
int nft_tables_look(struct netlink *nl, uint32_t *ret_families);

#endif
