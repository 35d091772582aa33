/* SPDX-License-Identifier: MIT */
/* Reads a file line by line in large pieces: /proc/net files may be a hundred megabytes. */
#ifndef BERTH_SOURCES_LINES_H
#define BERTH_SOURCES_LINES_H

#include <stddef.h>

/*
 * Call @visit for each line (without its newline) until it returns below 0, which is returned. A
 * line longer than 64 KiB ends the reading with -EMSGSIZE. 0 or -errno.
 */
int lines_read(const char *path, int (*visit)(const char *line, size_t len, void *data),
	       void *data);

#endif
