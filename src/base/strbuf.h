/* SPDX-License-Identifier: MIT */
/*
 * A growing string. strbuf_init() needs no release as long as nothing was added. A failed
 * allocation is remembered in .failed and makes further additions do nothing, so callers check
 * once at the end. .text is always NUL-terminated and never NULL.
 */
#ifndef BERTH_BASE_STRBUF_H
#define BERTH_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf {
	char *text;
	size_t len;
	size_t room; /* bytes allocated; 0: .text is a constant */
	bool failed;
};

#define STRBUF_INIT ((struct strbuf){.text = (char *)""})

void strbuf_init(struct strbuf *sb);
void strbuf_release(struct strbuf *sb);
/* Empty it, keep the memory. */
void strbuf_clear(struct strbuf *sb);

/* Make room for @more bytes and the NUL. False when there is no memory. */
bool strbuf_reserve(struct strbuf *sb, size_t more);

void strbuf_add(struct strbuf *sb, const void *bytes, size_t len);
void strbuf_add_text(struct strbuf *sb, const char *text);
void strbuf_add_char(struct strbuf *sb, char c);
void strbuf_add_u64(struct strbuf *sb, uint64_t number);
void strbuf_printf(struct strbuf *sb, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Give the text to the caller (free()); NULL if an addition had failed. Leaves @sb empty. */
char *strbuf_detach(struct strbuf *sb);

#endif
