/* SPDX-License-Identifier: MIT */
/* One buffer; what is left of a line at its end moves to the front. */
#include "sources/lines.h"
#include "base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

enum { BUFFER = 64 << 10 };

int lines_read(const char *path, int (*visit)(const char *line, size_t len, void *data),
	       void *data)
{
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	AUTO(freep) char *buffer = fd < 0 ? NULL : malloc(BUFFER);
	size_t held = 0;

	if (!buffer)
		return fd < 0 ? -errno : -ENOMEM;
	for (;;) {
		ssize_t got = read(fd, buffer + held, BUFFER - held);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return held ? visit(buffer, held, data) : 0;
		held += (size_t)got;
		char *line = buffer, *end;
		while ((end = memchr(line, '\n', held))) {
			int err = visit(line, (size_t)(end - line), data);
			if (err < 0)
				return err;
			held -= (size_t)(end + 1 - line);
			line = end + 1;
		}
		if (held == BUFFER)
			return -EMSGSIZE;
		memmove(buffer, line, held);
	}
}
