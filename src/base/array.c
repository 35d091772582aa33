/* SPDX-License-Identifier: MIT */
/* By halves, so that few copies are made and little is wasted. */
#include "base/array.h"

#include <stdlib.h>

bool array_grow(void *array, size_t n, size_t *room, size_t size)
{
	void **place = array;

	if (n < *room)
		return true;
	size_t more = *room < 64 ? 64 : *room + *room / 2;
	void *bigger = reallocarray(*place, more, size);
	if (!bigger)
		return false;
	*place = bigger;
	*room = more;
	return true;
}
