/* SPDX-License-Identifier: MIT */
/* wcwidth() knows wide and combining characters; ASCII never gets that far. */
#include "render/width.h"
#include "base/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

static bool is_ascii(const char *text, size_t len)
{
	uint64_t word;

	for (; len >= 8; text += 8, len -= 8) {
		memcpy(&word, text, 8);
		if (word & 0x8080808080808080ull)
			return false;
	}
	for (; len; text++, len--)
		if (*text & 0x80)
			return false;
	return true;
}

/* Columns of the character at @text, whose length goes to @ret_bytes. */
static size_t char_width(const char *text, size_t len, size_t *ret_bytes)
{
	static const unsigned char first_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *p = (const unsigned char *)text;
	size_t n = utf8_length(text, len);

	*ret_bytes = n ? n : 1;
	if (n <= 1)
		return 1;
	wchar_t c = p[0] & first_mask[n];
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	int width = wcwidth(c);
	return width < 0 ? 1 : (size_t)width; /* -1: not known to this locale */
}

size_t width_of(const char *text, size_t len)
{
	size_t width = 0;

	if (is_ascii(text, len))
		return len;
	for (size_t i = 0, n; i < len; i += n)
		width += char_width(text + i, len - i, &n);
	return width;
}

size_t width_fit(const char *text, size_t len, size_t columns, size_t *ret_columns)
{
	size_t i = 0, used = 0;

	for (size_t n; i < len; i += n) {
		size_t width = char_width(text + i, len - i, &n);
		if (used + width > columns)
			break;
		used += width;
	}
	*ret_columns = used;
	return i;
}
