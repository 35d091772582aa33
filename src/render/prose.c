/* SPDX-License-Identifier: MIT */
/* Breaks lines at blanks; a word that is too long for the screen is left whole. */
#include "render/prose.h"
#include "base/escape.h"
#include "base/strbuf.h"
#include "render/width.h"

#include <string.h>

enum { LEAST = 24 }; /* fewer columns than this for the text: breaking makes it worse */

static void add_words(struct strbuf *sb, const char *text, size_t indent, size_t screen)
{
	size_t column = indent;

	while (*text) {
		const size_t blanks = strspn(text, " "), len = strcspn(text + blanks, " ");
		const size_t width = width_of(text + blanks, len);
		if (column > indent && column + blanks + width > screen) {
			strbuf_add_char(sb, '\n');
			for (size_t i = 0; i < indent; i++)
				strbuf_add_char(sb, ' ');
			column = indent;
		} else {
			strbuf_add(sb, text, blanks);
			column += blanks;
		}
		strbuf_add(sb, text + blanks, len);
		column += width;
		text += blanks + len;
	}
}

void prose_line(struct strbuf *sb, const struct prose_look *look, const char *before,
		enum style style, const char *text)
{
	struct strbuf plain = STRBUF_INIT;
	const size_t indent = width_of(before, strlen(before));

	escape_add(&plain, text, strlen(text));
	strbuf_add_text(sb, before);
	strbuf_add_text(sb, look->color ? color_start(style) : "");
	if (look->screen > indent + LEAST)
		add_words(sb, plain.text, indent, look->screen);
	else
		strbuf_add(sb, plain.text, plain.len);
	strbuf_add_text(sb, look->color && style != STYLE_PLAIN ? color_stop() : "");
	strbuf_add_char(sb, '\n');
	strbuf_release(&plain);
}
