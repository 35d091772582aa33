/* SPDX-License-Identifier: MIT */
/*
 * An nftables ruleset as `nft -j list ruleset` prints it, and walking a packet on paper through a
 * hook's chains (man nft; net/netfilter/nf_tables_core.c). What cannot be decided on paper is
 * POSSIBLE, never guessed.
 */
#ifndef BERTH_CORE_NFT_H
#define BERTH_CORE_NFT_H

#include "base/arena.h"
#include "base/json_read.h"
#include "core/kernel_event.h"
#include "core/packet.h"

struct place;

struct nft_chain {
	const char *family, *table, *name;
	const char *type, *hook; /* NULL: not a base chain */
	const char *device;	 /* netdev, inet ingress; NULL: any or not known */
	int64_t priority;
	bool policy_drops;
	const struct json_value **rules; /* the "rule" objects */
	size_t n_rules, room_rules;
};

struct nft_ruleset {
	struct arena *arena;
	const struct json_value *list; /* of the objects */
	const char *text; /* the same as `nft -a list ruleset` prints it, or NULL */
	struct nft_chain *chains;
	size_t n_chains, room_chains;
};

/* Index @json (and @text, may be NULL), both kept by reference. False if it is not a ruleset. */
bool nft_ruleset_init(struct nft_ruleset *ruleset, struct arena *arena,
		      const struct json_value *json, const char *text);

/* The set or map @name ("@" left out) of a table, or NULL. */
const struct json_value *nft_ruleset_set(const struct nft_ruleset *ruleset, const char *family,
					 const char *table, const char *name);

/* The text of a rule as nft prints it, without its handle; NULL when not known. */
const char *nft_rule_text(const struct nft_ruleset *ruleset, const struct nft_chain *chain,
			  uint64_t handle);

enum nft_fate {
	NFT_PASSES,
	NFT_MAY_STOP, /* a rule that could not be decided may stop it */
	NFT_STOPS,    /* dropped, rejected, queued ... */
};

/* Where the verdicts go. */
struct nft_passage {
	const struct nft_ruleset *ruleset;
	struct place *place; /* verdicts are appended to .verdicts, in .ruleset->arena */
	enum event_direction direction;
	unsigned order; /* of the next verdict */
};

/*
 * Send @packet through all chains of @hook ("input", "prerouting" ...) that see it. Every verdict
 * other than a plain accept is recorded, the certain and the possible; NAT that surely happens
 * changes @packet.
 */
enum nft_fate nft_walk(struct nft_passage *passage, const char *hook, struct packet *packet);

#endif
