/* SPDX-License-Identifier: MIT */
/* What may have been meant by a mistyped word. */
#ifndef BERTH_BASE_NEAREST_H
#define BERTH_BASE_NEAREST_H

#include <stdbool.h>

/* Start with .typed only; after the last nearest_try() .found is the answer, NULL: nothing is near. */
struct nearest {
	const char *typed;
	const char *found; /* points to what nearest_try() was given */
	unsigned distance; /* of .found */
};

/*
 * Is @word nearer than what was found so far? At most two letters may be missing, too many, other or
 * swapped, of short words fewer; capital letters are like small ones. True if it is taken.
 */
bool nearest_try(struct nearest *nearest, const char *word);

#endif
