/* SPDX-License-Identifier: MIT */
/*
 * One line on the terminal that says what is being waited for, rewritten and at last erased. Only
 * when standard error is a terminal and no JSON is asked for, and only when it takes a while.
 */
#ifndef BERTH_COMMANDS_PROGRESS_H
#define BERTH_COMMANDS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct invocation;

struct progress {
	bool wanted, shown;
	uint64_t started_ms, written_ms;
};

/* @inv may be NULL. */
void progress_start(struct progress *progress, const struct invocation *inv);
/* Shows the text, escaped and cut to the screen; does nothing in the first 0.3 s or too often. */
void progress_say(struct progress *progress, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Erase it; call before anything else is printed. May be called twice. */
void progress_end(struct progress *progress);

#endif
