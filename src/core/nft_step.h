/* SPDX-License-Identifier: MIT */
/* The state of a walk through chains, and the statements that do not steer it; for nft_walk.c. */
#ifndef BERTH_CORE_NFT_STEP_H
#define BERTH_CORE_NFT_STEP_H

#include "core/nft_value.h"
#include "core/place_firewall.h"

struct nft_walking {
	struct nft_passage *passage;
	struct packet *packet;
	const struct nft_chain *base;
	unsigned depth;
	bool undecided;	      /* a rule before this point could have ended the walk ... */
	uint32_t undecided_because; /* ... on these grounds */
	bool may_stop;
};

/* One rule while its statements are read. */
struct nft_step {
	const struct nft_chain *chain;
	const struct json_value *rule;
	struct nft_scope scope;
	enum nft_truth truth; /* of all conditions so far */
	const char *limit;
	bool has_counter;
	uint64_t counter;
};

/* Append a verdict of this rule to the place; never NULL. */
struct firewall_verdict *nft_record(struct nft_walking *w, const struct nft_step *s,
				    enum verdict_kind kind);
void nft_read_reject(struct nft_walking *w, struct nft_step *s, const struct json_value *reject);
/* dnat, redirect, snat, masquerade, tproxy: NAT that surely happens changes the packet. */
void nft_read_nat(struct nft_walking *w, struct nft_step *s, const struct json_value *nat,
		  enum verdict_kind kind);
/* Conditions that depend on what came before (limit, quota, ct count): only the kernel knows. */
bool nft_is_limit(struct nft_step *s, const struct json_value *statement);
void nft_run_mangle(struct nft_walking *w, struct nft_step *s, const struct json_value *mangle);

#endif
