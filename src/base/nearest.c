/* SPDX-License-Identifier: MIT */
/* The distance of two spellings: insertions, deletions, changes and swaps of neighbours. */
#include "base/nearest.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { MAX_WORD = 32 };

static char folded(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c == '-' ? '_' : c;
}

/* Optimal alignment; both have at most MAX_WORD letters. */
static unsigned distance(const char *a, const char *b)
{
	const size_t n = strlen(a), m = strlen(b);
	uint8_t rows[3][MAX_WORD + 1];
	uint8_t *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= m; j++)
		last[j] = (uint8_t)j;
	for (size_t i = 1; i <= n; i++) {
		row[0] = (uint8_t)i;
		for (size_t j = 1; j <= m; j++) {
			const bool differ = folded(a[i - 1]) != folded(b[j - 1]);
			unsigned best = last[j - 1] + differ;
			if (last[j] + 1u < best)
				best = last[j] + 1u;
			if (row[j - 1] + 1u < best)
				best = row[j - 1] + 1u;
			if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
			    folded(a[i - 2]) == folded(b[j - 1]) && before[j - 2] + 1u < best)
				best = before[j - 2] + 1u;
			row[j] = (uint8_t)best;
		}
		uint8_t *oldest = before;
		before = last;
		last = row;
		row = oldest;
	}
	return last[m];
}

bool nearest_try(struct nearest *nearest, const char *word)
{
	const size_t len = strlen(nearest->typed);
	/* Of a short word two wrong letters leave nothing to recognise. */
	const unsigned limit = len < 3 ? 1 : len < 5 ? 2 : 3;

	if (!len || len > MAX_WORD || strlen(word) > MAX_WORD)
		return false;
	const unsigned d = distance(nearest->typed, word);
	if (d >= (nearest->found ? nearest->distance : limit))
		return false;
	nearest->found = word;
	nearest->distance = d;
	return true;
}
