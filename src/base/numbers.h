/* SPDX-License-Identifier: MIT */
/* Numbers from text, strictly: the whole text must be a number in range; and fast the other way. */
#ifndef BERTH_BASE_NUMBERS_H
#define BERTH_BASE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal, no sign, no space, at most @max. False (and @ret untouched) for anything else. */
bool parse_u64(const char *text, uint64_t max, uint64_t *ret);
/* The same for the first @len bytes of @text. */
bool parse_u64_n(const char *text, size_t len, uint64_t max, uint64_t *ret);

enum { U64_TEXT_SIZE = 21 };

/* Write @number in decimal at @to (room for U64_TEXT_SIZE bytes, no NUL); returns the length. */
size_t format_u64(char *to, uint64_t number);

/* How many digits format_u64() would write. */
static inline size_t u64_width(uint64_t number)
{
	size_t n = 1;

	for (; number >= 10000; number /= 10000)
		n += 4;
	return n + (number >= 10) + (number >= 100) + (number >= 1000);
}

#endif
