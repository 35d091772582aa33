/* SPDX-License-Identifier: MIT */
/* Colours as meanings. Nothing is told by colour alone: a mark or a word always says it too. */
#ifndef BERTH_RENDER_COLOR_H
#define BERTH_RENDER_COLOR_H

#include <stdbool.h>

enum style {
	STYLE_PLAIN,
	STYLE_HEADING,
	STYLE_QUIET,  /* less important */
	STYLE_STRONG, /* what the eye looks for */
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD,
};
enum { N_STYLES = STYLE_BAD + 1 };

/*
 * @when is "auto", "always", "never" or NULL (auto); @no_color the value of NO_COLOR or NULL
 * (no-color.org: any non-empty value), @term that of TERM. 0 and @ret_wanted, or -EINVAL.
 */
int color_choose(const char *when, const char *no_color, const char *term, bool is_tty,
		 bool *ret_wanted);

/* The escape sequence that starts a style, "" for STYLE_PLAIN. */
const char *color_start(enum style style);
const char *color_stop(void);

#endif
