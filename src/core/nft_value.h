/* SPDX-License-Identifier: MIT */
/* Values and comparisons of nft expressions about a packet on paper. */
#ifndef BERTH_CORE_NFT_VALUE_H
#define BERTH_CORE_NFT_VALUE_H

#include "core/nft.h"

enum nft_truth { NFT_FALSE, NFT_TRUE, NFT_UNKNOWN };

enum nft_value_kind {
	NFT_VALUE_UNKNOWN,
	NFT_VALUE_ABSENT, /* the packet has no such field: nothing matches */
	NFT_VALUE_NUMBER,
	NFT_VALUE_ADDR,
	NFT_VALUE_TEXT,
};

struct nft_value {
	enum nft_value_kind kind;
	uint64_t number;
	struct addr addr;
	const char *text;
	const char *symbols; /* which names stand for numbers here: "flags", "state" ...; NULL */
};

/* What an expression is looked up in. */
struct nft_scope {
	const struct nft_ruleset *ruleset;
	const char *family, *table;
	const struct packet *packet;
	uint32_t because;      /* enum verdict_because: collected while evaluating */
	const char *set;       /* the last named set that was asked */
};

/* The value of an expression for the packet. */
struct nft_value nft_value_of(struct nft_scope *scope, const struct json_value *expression);
/* Does a match expression {"op","left","right"} hold? */
enum nft_truth nft_match(struct nft_scope *scope, const struct json_value *match);
/* Is @value among @right: a single value, range, prefix, set or "@name"? */
enum nft_truth nft_value_in(struct nft_scope *scope, const struct nft_value *value,
			    const struct json_value *right);
/*
 * The data that a map ({"set": [[key, data], ...]} or "@name") has for an expression's value.
 * NFT_TRUE sets @ret_data.
 */
enum nft_truth nft_map_find(struct nft_scope *scope, const struct json_value *key,
			    const struct json_value *map, const struct json_value **ret_data);
/* The number behind a name such as "syn" in the context @symbols; false: not known. */
bool nft_symbol(const char *symbols, const char *name, uint64_t *ret_number);

#endif
