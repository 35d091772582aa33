/* SPDX-License-Identifier: MIT */
/* Lines of a file that somebody names: it may have no line ends at all, like /dev/zero. */
#ifndef BERTH_BASE_LINE_IN_H
#define BERTH_BASE_LINE_IN_H

#include <stdio.h>
#include <sys/types.h>

/*
 * The next line of @file into *@line (grown by realloc to *@room bytes, free() it), NUL at its end
 * and its '\n' taken off. As getline(3), but of at most @most bytes. Its length; -ENODATA at the
 * end of the file, -E2BIG for a longer line, -ENOMEM, or the -errno of reading.
 */
ssize_t line_in_read(FILE *file, char **line, size_t *room, size_t most);

#endif
