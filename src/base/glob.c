/* SPDX-License-Identifier: MIT */
/* Backtracks to the last '*' only: what stands before it has matched for good. */
#include "base/glob.h"

#include <stdint.h>

static uint8_t folded(const struct glob *glob, char c)
{
	const uint8_t byte = (uint8_t)c;

	return glob->fold_case && byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
}

/* The end of the set that opens at @at (behind the ']'), or 0: then '[' stands for itself. */
static size_t set_end(const struct glob *glob, size_t at)
{
	size_t i = at + 1;

	if (i < glob->len && (glob->pattern[i] == '!' || glob->pattern[i] == '^'))
		i++;
	/* A ']' that comes first is a member. */
	for (i++; i < glob->len; i++)
		if (glob->pattern[i] == ']')
			return i + 1;
	return 0;
}

static bool set_has(const struct glob *glob, size_t at, size_t end, uint8_t c)
{
	const char *set = glob->pattern;
	const bool inverted = set[at + 1] == '!' || set[at + 1] == '^';
	bool found = false;

	for (size_t i = at + 1 + inverted; i < end - 1; i++) {
		uint8_t low = folded(glob, set[i]), high = low;
		if (i + 3 < end && set[i + 1] == '-') {
			high = folded(glob, set[i + 2]);
			i += 2;
		}
		found |= c >= low && c <= high;
	}
	return found != inverted;
}

/* Does the pattern's one element at @at take @c? @ret_next is behind the element. */
static bool element_takes(const struct glob *glob, size_t at, uint8_t c, size_t *ret_next)
{
	const char p = glob->pattern[at];

	*ret_next = at + 1;
	if (p == '?')
		return true;
	if (p == '[') {
		const size_t end = set_end(glob, at);
		if (end) {
			*ret_next = end;
			return set_has(glob, at, end, c);
		}
	}
	if (p == '\\' && at + 1 < glob->len) {
		*ret_next = at + 2;
		return folded(glob, glob->pattern[at + 1]) == c;
	}
	return folded(glob, p) == c;
}

bool glob_matches(const struct glob *glob, const char *text, size_t len)
{
	size_t at = 0, i = 0, next;
	size_t star = SIZE_MAX, star_text = 0;

	while (i < len) {
		if (at < glob->len && glob->pattern[at] == '*') {
			star = ++at;
			star_text = i;
		} else if (at < glob->len && element_takes(glob, at, folded(glob, text[i]), &next)) {
			at = next;
			i++;
		} else if (star != SIZE_MAX) {
			at = star;
			i = ++star_text;
		} else {
			return false;
		}
	}
	while (at < glob->len && glob->pattern[at] == '*')
		at++;
	return at == glob->len;
}

bool glob_has_wildcard(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '*' || text[i] == '?')
			return true;
		i += text[i] == '\\';
	}
	return false;
}
