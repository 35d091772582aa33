/* SPDX-License-Identifier: MIT */
/* Doubling string buffer; see the header for the failure rule. */
#include "base/strbuf.h"
#include "base/numbers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void strbuf_init(struct strbuf *sb)
{
	*sb = STRBUF_INIT;
}

void strbuf_release(struct strbuf *sb)
{
	if (!sb)
		return;
	if (sb->room)
		free(sb->text);
	*sb = STRBUF_INIT;
}

void strbuf_clear(struct strbuf *sb)
{
	sb->len = 0;
	sb->failed = false;
	if (sb->room)
		sb->text[0] = '\0';
}

bool strbuf_reserve(struct strbuf *sb, size_t more)
{
	if (sb->failed)
		return false;
	if (sb->room > sb->len && sb->room - sb->len > more)
		return true;
	size_t room = sb->room ? sb->room : 64;
	while (room - sb->len <= more && room <= SIZE_MAX / 4)
		room *= 2;
	char *text = room - sb->len > more ? realloc(sb->room ? sb->text : NULL, room) : NULL;
	if (!text) {
		sb->failed = true;
		return false;
	}
	if (!sb->room)
		text[0] = '\0';
	sb->text = text;
	sb->room = room;
	return true;
}

void strbuf_add(struct strbuf *sb, const void *bytes, size_t len)
{
	if (!len || !strbuf_reserve(sb, len))
		return;
	memcpy(sb->text + sb->len, bytes, len);
	sb->len += len;
	sb->text[sb->len] = '\0';
}

void strbuf_add_text(struct strbuf *sb, const char *text)
{
	strbuf_add(sb, text, strlen(text));
}

void strbuf_add_char(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void strbuf_add_u64(struct strbuf *sb, uint64_t number)
{
	if (!strbuf_reserve(sb, U64_TEXT_SIZE))
		return;
	sb->len += format_u64(sb->text + sb->len, number);
	sb->text[sb->len] = '\0';
}

void strbuf_printf(struct strbuf *sb, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		sb->failed = true;
	else if (strbuf_reserve(sb, (size_t)len)) {
		vsnprintf(sb->text + sb->len, (size_t)len + 1, format, again);
		sb->len += (size_t)len;
	}
	va_end(again);
}

char *strbuf_detach(struct strbuf *sb)
{
	char *text = NULL;

	if (!sb->failed && strbuf_reserve(sb, 0))
		text = sb->text;
	else if (sb->room)
		free(sb->text);
	*sb = STRBUF_INIT;
	return text;
}
