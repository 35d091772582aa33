/* SPDX-License-Identifier: MIT */
/* Byte by byte from stdio's buffer: fgets() loses count at a NUL, getline() knows no end. */
#include "base/line_in.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_ROOM = 256 };

static int grow(char **line, size_t *room)
{
	const size_t larger = *room ? *room * 2 : FIRST_ROOM;
	char *moved = realloc(*line, larger);

	if (!moved)
		return -ENOMEM;
	*line = moved;
	*room = larger;
	return 0;
}

ssize_t line_in_read(FILE *file, char **line, size_t *room, size_t most)
{
	size_t len = 0;
	int c, err = 0;

	errno = 0;
	while ((c = getc_unlocked(file)) != EOF && c != '\n' && !err) {
		if (len == most)
			return -E2BIG;
		if (len + 1 >= *room)
			err = grow(line, room);
		if (!err)
			(*line)[len++] = (char)c;
	}
	if (!err && c == EOF && ferror(file))
		return errno ? -errno : -EIO;
	if (!err && c == EOF && !len)
		return -ENODATA;
	if (!err && !*room)
		err = grow(line, room);
	if (err)
		return err;
	(*line)[len] = '\0';
	return (ssize_t)len;
}
