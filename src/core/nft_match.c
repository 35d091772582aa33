/* SPDX-License-Identifier: MIT */
/* Comparisons of nft: single values, lists, ranges, prefixes, sets, maps and concatenations. */
#include "core/nft_value.h"
#include "core/place.h"

#include <stdlib.h>
#include <string.h>

static enum nft_truth truth(bool value)
{
	return value ? NFT_TRUE : NFT_FALSE;
}

/* "eth*" stands for every name that begins so. */
static bool name_matches(const char *name, const char *pattern)
{
	size_t len = strlen(pattern);

	if (len && pattern[len - 1] == '*')
		return !strncmp(name, pattern, len - 1);
	return !strcmp(name, pattern);
}

/* "a/b" of the rule against "/a/b/c" of the socket, at the level of the rule. */
static bool cgroup_matches(const char *ours, const char *rule)
{
	size_t len = strlen(rule);

	while (*ours == '/')
		ours++;
	while (*rule == '/') {
		rule++;
		len--;
	}
	for (const char *at = ours;; at++) {
		if (!strncmp(at, rule, len) && (!at[len] || at[len] == '/'))
			return true;
		/* nft prints the path below the mount point, which may be one level further down. */
		at = strchr(at, '/');
		if (!at)
			break;
	}
	const char *below = strchr(rule, '/');
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): the start of ours is compared */
	return below && !strncmp(ours, below + 1, strlen(below + 1));
}

static enum nft_truth equals_text(const struct nft_value *value, const char *right)
{
	struct addr addr;
	uint64_t number;

	switch (value->kind) {
	case NFT_VALUE_ABSENT:
		return NFT_FALSE;
	case NFT_VALUE_ADDR:
		if (!addr_parse(right, &addr))
			return NFT_UNKNOWN;
		return truth(addr.family == value->addr.family &&
			     !memcmp(addr.bytes, value->addr.bytes, sizeof(addr.bytes)));
	case NFT_VALUE_TEXT:
		return truth(value->symbols ? cgroup_matches(value->text, right)
					    : name_matches(value->text, right));
	case NFT_VALUE_NUMBER:
		return nft_symbol(value->symbols, right, &number) ? truth(number == value->number)
								  : NFT_UNKNOWN;
	case NFT_VALUE_UNKNOWN:
		break;
	}
	return NFT_UNKNOWN;
}

static enum nft_truth in_prefix(const struct nft_value *value, const struct json_value *prefix)
{
	const char *net = json_get_text(prefix, "addr");
	struct addr addr;

	if (value->kind == NFT_VALUE_ABSENT)
		return NFT_FALSE;
	if (value->kind != NFT_VALUE_ADDR || !net || !addr_parse(net, &addr))
		return NFT_UNKNOWN;
	if (addr.family != value->addr.family)
		return NFT_FALSE;
	int64_t bits = json_get_number(prefix, "len", 0);
	return truth(bits >= 0 && bits <= 128 && addr_in_prefix(&value->addr, &addr, (unsigned)bits));
}

static bool number_of(const struct nft_value *like, const struct json_value *right, uint64_t *ret)
{
	if (right && right->kind == JSON_NUMBER) {
		*ret = (uint64_t)right->number;
		return true;
	}
	return json_is_text(right) && nft_symbol(like->symbols, right->text, ret);
}

static enum nft_truth in_range(const struct nft_value *value, const struct json_value *range)
{
	const struct json_value *low = range->first, *high = low ? low->next : NULL;
	uint64_t from, to;
	struct addr first, last;

	if (value->kind == NFT_VALUE_ABSENT)
		return NFT_FALSE;
	if (!low || !high)
		return NFT_UNKNOWN;
	if (value->kind == NFT_VALUE_NUMBER && number_of(value, low, &from) &&
	    number_of(value, high, &to))
		return truth(value->number >= from && value->number <= to);
	if (value->kind == NFT_VALUE_ADDR && json_is_text(low) && json_is_text(high) &&
	    addr_parse(low->text, &first) && addr_parse(high->text, &last)) {
		if (first.family != value->addr.family)
			return NFT_FALSE;
		return truth(memcmp(value->addr.bytes, first.bytes, 16) >= 0 &&
			     memcmp(value->addr.bytes, last.bytes, 16) <= 0);
	}
	return NFT_UNKNOWN;
}

/* The key of an element: {"elem": {"val": X, ...}} is X with a timeout or counter. */
static const struct json_value *bare(const struct json_value *element)
{
	const struct json_value *wrapped = json_get(element, "elem");
	const struct json_value *value = wrapped ? json_get(wrapped, "val") : NULL;

	return value ? value : element;
}

static enum nft_truth in_elements(struct nft_scope *scope, const struct nft_value *value,
				  const struct json_value *elements)
{
	enum nft_truth found = NFT_FALSE;

	json_foreach(element, elements) {
		enum nft_truth one = nft_value_in(scope, value, bare(element));
		if (one == NFT_TRUE)
			return NFT_TRUE;
		if (one == NFT_UNKNOWN)
			found = NFT_UNKNOWN;
	}
	return found;
}

static const struct json_value *elements_of(struct nft_scope *scope, const char *name)
{
	const struct json_value *set = nft_ruleset_set(scope->ruleset, scope->family, scope->table,
						       name + 1);
	if (set)
		scope->set = json_get_text(set, "name");
	return set ? json_get(set, "elem") : NULL;
}

/* A set of targets is no blocklist of clients. */
static void note_set(struct nft_scope *scope, const struct nft_value *value)
{
	const struct packet *p = scope->packet;
	const struct addr *client = p->is_reply ? &p->dst : &p->src;

	if (value->kind == NFT_VALUE_ADDR && addr_equal(&value->addr, client))
		scope->because |= BECAUSE_SET;
}

enum nft_truth nft_value_in(struct nft_scope *scope, const struct nft_value *value,
			    const struct json_value *right)
{
	if (!right)
		return NFT_UNKNOWN;
	switch (right->kind) {
	case JSON_TEXT:
		if (right->text[0] == '@') {
			note_set(scope, value);
			return in_elements(scope, value, elements_of(scope, right->text));
		}
		return equals_text(value, right->text);
	case JSON_NUMBER:
	case JSON_BOOL:
		if (value->kind == NFT_VALUE_ABSENT)
			return NFT_FALSE;
		if (value->kind != NFT_VALUE_NUMBER)
			return NFT_UNKNOWN;
		return truth(value->number == (right->kind == JSON_BOOL ? right->truth
									: (uint64_t)right->number));
	case JSON_OBJECT:
		if (json_get(right, "set"))
			return in_elements(scope, value, json_get(right, "set"));
		if (json_get(right, "prefix"))
			return in_prefix(value, json_get(right, "prefix"));
		if (json_get(right, "range"))
			return in_range(value, json_get(right, "range"));
		return NFT_UNKNOWN;
	case JSON_ARRAY:
	case JSON_NULL:
		break;
	}
	return NFT_UNKNOWN;
}

/* The bits of "new" or ["established", "related"]. */
static bool bits_of(const struct nft_value *value, const struct json_value *right, uint64_t *ret)
{
	uint64_t bits = 0, one;

	if (right->kind != JSON_ARRAY)
		return number_of(value, right, ret);
	json_foreach(name, right) {
		if (!number_of(value, name, &one))
			return false;
		bits |= one;
	}
	*ret = bits;
	return true;
}

static enum nft_truth compare(const struct nft_value *value, const char *op,
			      const struct json_value *right)
{
	uint64_t other;

	if (value->kind == NFT_VALUE_ABSENT)
		return NFT_FALSE;
	if (value->kind != NFT_VALUE_NUMBER || !bits_of(value, right, &other))
		return NFT_UNKNOWN;
	if (!strcmp(op, "in"))
		return truth(value->number & other);
	if (!strcmp(op, "<"))
		return truth(value->number < other);
	if (!strcmp(op, ">"))
		return truth(value->number > other);
	if (!strcmp(op, "<="))
		return truth(value->number <= other);
	if (!strcmp(op, ">="))
		return truth(value->number >= other);
	return truth(value->number == other);
}

/* Every part of a concatenation against the same part of one element. */
static enum nft_truth concat_in(struct nft_scope *scope, const struct json_value *parts,
				const struct json_value *element)
{
	const struct json_value *right = json_get(element, "concat");
	enum nft_truth all = NFT_TRUE;

	if (!right)
		return NFT_UNKNOWN;
	right = right->first;
	json_foreach(part, parts) {
		struct nft_value value = nft_value_of(scope, part);
		enum nft_truth one = right ? nft_value_in(scope, &value, right) : NFT_UNKNOWN;
		if (one == NFT_FALSE)
			return NFT_FALSE;
		if (one == NFT_UNKNOWN)
			all = NFT_UNKNOWN;
		right = right ? right->next : NULL;
	}
	return all;
}

static enum nft_truth concat_matches(struct nft_scope *scope, const struct json_value *parts,
				     const struct json_value *right)
{
	const struct json_value *elements = NULL;
	enum nft_truth found = NFT_FALSE;

	if (json_is_text(right) && right->text[0] == '@') {
		elements = elements_of(scope, right->text);
		json_foreach(part, parts) {
			const struct nft_value value = nft_value_of(scope, part);
			note_set(scope, &value);
		}
	} else if (json_get(right, "set")) {
		elements = json_get(right, "set");
	} else {
		return concat_in(scope, parts, right);
	}
	json_foreach(element, elements) {
		enum nft_truth one = concat_in(scope, parts, bare(element));
		if (one == NFT_TRUE)
			return NFT_TRUE;
		if (one == NFT_UNKNOWN)
			found = NFT_UNKNOWN;
	}
	return found;
}

enum nft_truth nft_match(struct nft_scope *scope, const struct json_value *match)
{
	const char *op = json_get_text(match, "op");
	const struct json_value *left = json_get(match, "left"), *right = json_get(match, "right");
	const uint32_t because = scope->because;
	enum nft_truth result;

	if (!op || !left || !right)
		return NFT_UNKNOWN;
	const struct json_value *parts = json_get(left, "concat");
	if (parts) {
		result = concat_matches(scope, parts, right);
		return result == NFT_UNKNOWN || strcmp(op, "!=") ? result : truth(!result);
	}
	struct nft_value value = nft_value_of(scope, left);
	if (value.kind == NFT_VALUE_ABSENT)
		return NFT_FALSE; /* a field that is not there matches nothing, not even "!=" */
	if (right->kind == JSON_ARRAY)
		result = compare(&value, strcmp(op, "!=") ? op : "==", right);
	else if (!strcmp(op, "==") || !strcmp(op, "!="))
		result = nft_value_in(scope, &value, right);
	else
		return compare(&value, op, right);
	if (strcmp(op, "!=") || result == NFT_UNKNOWN)
		return result;
	/* Not being in a list of allowed addresses is another thing than being on a blocklist. */
	if (!(because & BECAUSE_SET))
		scope->because &= ~(uint32_t)BECAUSE_SET;
	return truth(result == NFT_FALSE);
}

enum nft_truth nft_map_find(struct nft_scope *scope, const struct json_value *key,
			    const struct json_value *map, const struct json_value **ret_data)
{
	const struct json_value *elements = json_get(map, "set"), *parts = json_get(key, "concat");
	struct nft_value value = parts ? (struct nft_value){} : nft_value_of(scope, key);
	enum nft_truth result = NFT_FALSE;

	if (json_is_text(map) && map->text[0] == '@')
		elements = elements_of(scope, map->text);
	json_foreach(pair, elements) {
		const struct json_value *at = pair->first;
		if (pair->kind != JSON_ARRAY || !at || !at->next)
			continue;
		enum nft_truth one = parts ? concat_in(scope, parts, bare(at))
					   : nft_value_in(scope, &value, bare(at));
		if (one == NFT_TRUE) {
			*ret_data = at->next;
			return NFT_TRUE;
		}
		if (one == NFT_UNKNOWN)
			result = NFT_UNKNOWN;
	}
	return result;
}
