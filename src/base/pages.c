/* SPDX-License-Identifier: MIT */
/* Big blocks by mmap() at a huge page's boundary, small ones by aligned_alloc(). */
#include "base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20, LINE = 64 };

static size_t round_up(size_t size, size_t unit)
{
	return (size + unit - 1) / unit * unit;
}

static void *huge_alloc(size_t size)
{
	size_t len = round_up(size, HUGE_PAGE), room = len + HUGE_PAGE;
	char *raw = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (raw == MAP_FAILED)
		return NULL;
	size_t before = round_up((uintptr_t)raw, HUGE_PAGE) - (uintptr_t)raw;
	if (before)
		munmap(raw, before);
	if (room - before > len)
		munmap(raw + before + len, room - before - len);
	madvise(raw + before, len, MADV_HUGEPAGE); /* a wish: nothing breaks without */
	return raw + before;
}

void *pages_alloc(size_t size)
{
	if (size >= HUGE_PAGE)
		return size > SIZE_MAX - 2 * (size_t)HUGE_PAGE ? NULL : huge_alloc(size);
	size = round_up(size ? size : 1, LINE);
	void *pages = aligned_alloc(LINE, size);
	return pages ? memset(pages, 0, size) : NULL;
}

void pages_free(void *pages, size_t size)
{
	if (!pages)
		return;
	if (size >= HUGE_PAGE)
		munmap(pages, round_up(size, HUGE_PAGE));
	else
		free(pages);
}

void pages_prefer_huge(void *start, size_t size)
{
	const uintptr_t huge = 2 * 1024 * 1024;
	const uintptr_t first = ((uintptr_t)start + huge - 1) & ~(huge - 1);
	const uintptr_t end = ((uintptr_t)start + size) & ~(huge - 1);

	if (start && first < end)
		madvise((void *)first, end - first, MADV_HUGEPAGE); /* fails where there are none */
}
