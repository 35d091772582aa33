/* SPDX-License-Identifier: MIT */
/* Arrays that grow by one element at a time. */
#ifndef BERTH_BASE_ARRAY_H
#define BERTH_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Room for element @n of @size bytes each in the array that the pointer at @array points to, which
 * has room for *@room. The array may move. False when memory is exhausted.
 */
bool array_grow(void *array, size_t n, size_t *room, size_t size);

#endif
