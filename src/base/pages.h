/* SPDX-License-Identifier: MIT */
/*
 * Zeroed memory for large tables, aligned to cache lines; from 2 MiB on in huge pages where the
 * kernel gives them (random access to a big table otherwise costs a TLB miss on top).
 */
#ifndef BERTH_BASE_PAGES_H
#define BERTH_BASE_PAGES_H

#include <stddef.h>

/* NULL when memory is exhausted. Release with pages_free() and the same size. */
void *pages_alloc(size_t size);
void pages_free(void *pages, size_t size);

/*
 * Ask that the untouched memory at @start be made of huge pages where it spans some; only a hint,
 * for large arrays of malloc() (which are mappings of their own, so nothing else is affected): a
 * million first touches of small pages can take longer than the work on them.
 */
void pages_prefer_huge(void *start, size_t size);

#endif
