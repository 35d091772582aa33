/* SPDX-License-Identifier: MIT */
/* An nftables ruleset made searchable. */
#include "core/nft.h"
#include "core/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct nft_chain *find_chain(const struct nft_ruleset *ruleset, const char *family,
				    const char *table, const char *name)
{
	for (size_t i = 0; family && table && name && i < ruleset->n_chains; i++) {
		struct nft_chain *c = &ruleset->chains[i];
		if (!strcmp(c->name, name) && !strcmp(c->table, table) && !strcmp(c->family, family))
			return c;
	}
	return NULL;
}

/* Where the text's block "KIND FAMILY NAME {" or "KIND NAME {" begins, from @from on. */
static const char *find_block(const char *from, const char *head)
{
	size_t len = strlen(head);

	for (const char *at = from; at; at = strchr(at, '\n')) {
		while (*at == '\n' || *at == '\t' || *at == ' ')
			at++;
		if (!strncmp(at, head, len) && !strncmp(at + len, " {", 2))
			return at + len + 2;
		if (!*at)
			break;
	}
	return NULL;
}

static const char *chain_text(const struct nft_ruleset *ruleset, const struct nft_chain *chain)
{
	char head[256];

	if (!ruleset->text)
		return NULL;
	snprintf(head, sizeof(head), "table %s %s", chain->family, chain->table);
	const char *table = find_block(ruleset->text, head);
	snprintf(head, sizeof(head), "chain %s", chain->name);
	return table ? find_block(table, head) : NULL;
}

/* JSON of nft before 1.0.9 leaves a single device out: take it from the text. */
static const char *device_of(struct nft_ruleset *ruleset, const struct nft_chain *chain)
{
	const char *at = chain_text(ruleset, chain), *end = at ? strchr(at, ';') : NULL;
	const char *device = at ? strstr(at, " device ") : NULL;

	if (!device || !end || device > end)
		return NULL;
	device += strlen(" device ");
	device += *device == '"';
	return arena_dup(ruleset->arena, device, strcspn(device, "\" ;\n"));
}

static bool add_chain(struct nft_ruleset *ruleset, const struct json_value *object)
{
	struct nft_chain *c = arena_push(ruleset->arena, &ruleset->chains, &ruleset->n_chains,
					 &ruleset->room_chains, sizeof(*c));
	if (!c)
		return false;
	const char *policy = json_get_text(object, "policy");
	const struct json_value *device = json_get(object, "dev");
	*c = (struct nft_chain){
		.family = json_get_text(object, "family"),
		.table = json_get_text(object, "table"),
		.name = json_get_text(object, "name"),
		.type = json_get_text(object, "type"),
		.hook = json_get_text(object, "hook"),
		.priority = json_get_number(object, "prio", 0),
		.policy_drops = policy && !strcmp(policy, "drop"),
	};
	if (!c->family || !c->table || !c->name) {
		ruleset->n_chains--;
		return true;
	}
	if (json_is_text(device))
		c->device = device->text;
	else if (c->hook && (!strcmp(c->hook, "ingress") || !strcmp(c->hook, "egress")) && !device)
		c->device = device_of(ruleset, c);
	return true;
}

bool nft_ruleset_init(struct nft_ruleset *ruleset, struct arena *arena,
		      const struct json_value *json, const char *text)
{
	*ruleset = (struct nft_ruleset){.arena = arena, .list = json_get(json, "nftables"),
					.text = text};
	if (!ruleset->list || ruleset->list->kind != JSON_ARRAY)
		return false;
	json_foreach(object, ruleset->list) {
		const struct json_value *chain = json_get(object, "chain");
		if (chain && !add_chain(ruleset, chain))
			return false;
	}
	json_foreach(object, ruleset->list) {
		const struct json_value *rule = json_get(object, "rule");
		if (!rule)
			continue;
		struct nft_chain *c = find_chain(ruleset, json_get_text(rule, "family"),
						 json_get_text(rule, "table"),
						 json_get_text(rule, "chain"));
		const struct json_value **slot =
			c ? arena_push(arena, &c->rules, &c->n_rules, &c->room_rules, sizeof(*slot))
			  : NULL;
		if (slot)
			*slot = rule;
	}
	return true;
}

const struct json_value *nft_ruleset_set(const struct nft_ruleset *ruleset, const char *family,
					 const char *table, const char *name)
{
	json_foreach(object, ruleset->list) {
		const struct json_value *set = json_get(object, "set");
		if (!set)
			set = json_get(object, "map");
		const char *its = json_get_text(set, "name"), *in = json_get_text(set, "table"),
			   *of = json_get_text(set, "family");
		if (its && in && of && !strcmp(its, name) && !strcmp(in, table) && !strcmp(of, family))
			return set;
	}
	return NULL;
}

const char *nft_rule_text(const struct nft_ruleset *ruleset, const struct nft_chain *chain,
			  uint64_t handle)
{
	const char *at = chain_text(ruleset, chain);

	while (at && *at) {
		const char *end = strchrnul(at, '\n');
		const char *mark = memmem(at, (size_t)(end - at), "# handle ", 9);
		while (*at == '\t' || *at == ' ')
			at++;
		if (*at == '}')
			return NULL;
		if (mark && strtoull(mark + 9, NULL, 10) == handle) {
			while (mark > at && mark[-1] == ' ')
				mark--;
			return arena_dup(ruleset->arena, at, (size_t)(mark - at));
		}
		at = *end ? end + 1 : NULL;
	}
	return NULL;
}
