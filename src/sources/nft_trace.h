/* SPDX-License-Identifier: MIT */
/* The kernel's trace of our own packets through nftables, in every namespace on their way. */
#ifndef BERTH_SOURCES_NFT_TRACE_H
#define BERTH_SOURCES_NFT_TRACE_H

#include <stdint.h>

struct case_facts;
struct firewalls;
struct nft_trace;
struct world;

/*
 * Begin: put our table into each namespace of facts->forward and .reverse that has nftables rules
 * at all. @client_port is the source port of the packets that will be sent; @was the one of those
 * that the paths were found with. Sets facts->trace.state. NULL: nothing is traced.
 */
struct nft_trace *nft_trace_open(struct world *world, struct case_facts *facts,
				 uint16_t client_port, uint16_t was);
/* Stop, take our tables away and add what was seen to facts->trace and the places' verdicts. */
void nft_trace_finish(struct nft_trace *trace, struct firewalls *firewalls,
		      struct case_facts *facts);
/* Only take our tables away. Accepts NULL. */
void nft_trace_abandon(struct nft_trace *trace);

#endif
