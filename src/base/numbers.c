/* SPDX-License-Identifier: MIT */
/* strtoul() takes signs, spaces and overflow; users of a network tool mean exactly what they type. */
#include "base/numbers.h"

#include <string.h>

bool parse_u64_n(const char *text, size_t len, uint64_t max, uint64_t *ret)
{
	uint64_t number = 0;

	if (!len)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned char)text[i] - '0';
		if (digit > 9 || number > (max - digit) / 10 || digit > max)
			return false;
		number = number * 10 + digit;
	}
	*ret = number;
	return true;
}

bool parse_u64(const char *text, uint64_t max, uint64_t *ret)
{
	return parse_u64_n(text, strlen(text), max, ret);
}

/* "00" to "99": half as many divisions. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

size_t format_u64(char *to, uint64_t number)
{
	const size_t n = u64_width(number);
	size_t i = n;

	for (; number > UINT32_MAX; number /= 10)
		to[--i] = (char)('0' + number % 10);
	uint32_t rest = (uint32_t)number; /* divides faster */
	for (; rest >= 100; rest /= 100)
		memcpy(to + (i -= 2), pairs + rest % 100 * 2, 2);
	if (rest >= 10)
		memcpy(to, pairs + rest * 2, 2);
	else
		*to = (char)('0' + rest);
	return n;
}
