/* SPDX-License-Identifier: MIT */
/* Sentences on a screen: broken between words, coloured by meaning. */
#ifndef BERTH_RENDER_PROSE_H
#define BERTH_RENDER_PROSE_H

#include <stdbool.h>

#include "render/color.h"

struct strbuf;

struct prose_look {
	bool color;
	bool unicode;	 /* lines and marks beyond ASCII may be drawn */
	unsigned screen; /* columns to keep to; 0: never break a line */
};

/*
 * @before and @text, escaped, and a newline; @text is styled and continues under its own first
 * column. @before is printed as it is.
 */
void prose_line(struct strbuf *sb, const struct prose_look *look, const char *before,
		enum style style, const char *text);

#endif
