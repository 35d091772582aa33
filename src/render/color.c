/* SPDX-License-Identifier: MIT */
/* The eight old colours only: they follow the user's theme and work on every terminal. */
#include "render/color.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const char *const starts[N_STYLES] = {
	[STYLE_PLAIN] = "",
	[STYLE_HEADING] = "\033[1m",
	[STYLE_QUIET] = "\033[2m",
	[STYLE_STRONG] = "\033[1m",
	[STYLE_GOOD] = "\033[32m",
	[STYLE_WARN] = "\033[33m",
	[STYLE_BAD] = "\033[31m",
};

int color_choose(const char *when, const char *no_color, const char *term, bool is_tty,
		 bool *ret_wanted)
{
	if (when && !strcmp(when, "always")) {
		*ret_wanted = true;
		return 0;
	}
	if (when && !strcmp(when, "never")) {
		*ret_wanted = false;
		return 0;
	}
	if (when && strcmp(when, "auto") != 0)
		return -EINVAL;
	*ret_wanted = is_tty && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
	return 0;
}

const char *color_start(enum style style)
{
	return starts[style];
}

const char *color_stop(void)
{
	return "\033[0m";
}
