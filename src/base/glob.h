/* SPDX-License-Identifier: MIT */
/*
 * Wildcards over bytes: '*' any run, '?' any byte, '[a-z]' '[!a-z]' a set, '\' makes the next byte
 * plain. Unlike fnmatch(3) it takes texts with NUL bytes, knows no locale, and needs at most
 * pattern times text steps, whatever the pattern.
 */
#ifndef BERTH_BASE_GLOB_H
#define BERTH_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

struct glob {
	const char *pattern;
	size_t len;
	bool fold_case; /* ASCII letters of either case are the same */
};

bool glob_matches(const struct glob *glob, const char *text, size_t len);

/* Does @text hold an unescaped wildcard? */
bool glob_has_wildcard(const char *text, size_t len);

#endif
