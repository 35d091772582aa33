/* SPDX-License-Identifier: MIT */
/* One definition of "printable" for tables, JSON and messages; RFC 3629 decides what UTF-8 is. */
#include "base/escape.h"
#include "base/strbuf.h"

#include <stdint.h>
#include <string.h>

static size_t utf8_announced(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2)
		return 0;
	if (first < 0xe0)
		return 2;
	if (first < 0xf0)
		return 3;
	return first < 0xf5 ? 4 : 0;
}

size_t utf8_length(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = len ? utf8_announced(p[0]) : 0;

	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, beyond U+10FFFF */
	if (n > 1 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
		      (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)))
		return 0;
	return n;
}

/*
 * Length of the sequence at @text if it may be shown: no C0, DEL, C1 (U+0080..9F), and none of
 * the bidirectional controls that reorder what a reader sees (U+200E/F, 202A..E, 2066..9).
 */
static size_t printable_length(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = utf8_length(text, len);

	if (n == 1 && (p[0] < 0x20 || p[0] == 0x7f || p[0] == '\\'))
		return 0;
	if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0)
		return 0;
	if (n == 3 && p[0] == 0xe2) {
		unsigned code = (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
		/* the low 12 bits of U+2xxx */
		if (code == 0x00e || code == 0x00f || (code >= 0x028 && code <= 0x02e) ||
		    (code >= 0x066 && code <= 0x069))
			return 0;
	}
	return n;
}

bool escape_is_plain(const char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = printable_length(text + i, len - i);
		if (!n)
			return false;
	}
	return true;
}

static const char names[] = "abtnvfr"; /* bytes 7 to 13 */

static void escape_byte(struct strbuf *sb, unsigned char byte)
{
	strbuf_add_char(sb, '\\');
	if (byte == '\\')
		strbuf_add_char(sb, '\\');
	else if (byte >= 7 && byte <= 13)
		strbuf_add_char(sb, names[byte - 7]);
	else
		strbuf_printf(sb, "x%02x", byte);
}

/* Length of the run at @text that is printable ASCII but for the backslash: nearly always all. */
static size_t simple_length(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && (unsigned char)(text[n] - 0x20) < 0x5f && text[n] != '\\')
		n++;
	return n;
}

void escape_add(struct strbuf *sb, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = simple_length(text + i, len - i);
		if (!n)
			n = printable_length(text + i, len - i);
		if (n) {
			strbuf_add(sb, text + i, n);
			i += n;
		} else {
			escape_byte(sb, (unsigned char)text[i++]);
		}
	}
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

bool escape_undo(struct strbuf *sb, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\\') {
			strbuf_add_char(sb, text[i]);
			continue;
		}
		const char c = ++i < len ? text[i] : '\0';
		const char *name = c ? strchr(names, c) : NULL;
		if (c == '\\') {
			strbuf_add_char(sb, c);
		} else if (name) {
			strbuf_add_char(sb, (char)(7 + (name - names)));
		} else {
			const bool is_hex = c == 'x' && len - i > 2;
			const int high = is_hex ? hex_value(text[i + 1]) : -1;
			const int low = is_hex ? hex_value(text[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			strbuf_add_char(sb, (char)(high * 16 + low));
			i += 2;
		}
	}
	return true;
}
