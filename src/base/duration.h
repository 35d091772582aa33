/* SPDX-License-Identifier: MIT */
/* Lengths of time as people type and read them. */
#ifndef BERTH_BASE_DURATION_H
#define BERTH_BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "10" (seconds), "1.5", "250ms", "2s", "5m", "1h", "3d" and sums like "1h30m", at most ten
 * years. False for anything else; @ret_ms is in milliseconds.
 */
bool parse_duration_ms(const char *text, uint64_t *ret_ms);

enum { DURATION_TEXT_SIZE = 32 };

/* Two units at most: "850 ms", "12 s", "3 min 20 s", "2 d 4 h". Returns @text. */
char *format_duration_ms(uint64_t ms, char *text);

#endif
