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

#endif
