/* SPDX-License-Identifier: MIT */
/* Any bytes as lines of /etc/services: what is kept has a name and is found again. */
#include "sources/services.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct services services = {};
	const char *at = (const char *)data, *end = at + size;

	arena_init(&services.arena);
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const size_t len = (size_t)((newline ? newline : end) - at);
		services_add_line(&services, at, len);
		at += len + (newline != NULL);
	}
	for (size_t i = 0; i < services.n; i++) {
		const struct service_line *line = &services.lines[i];
		if (!line->name || !*line->name ||
		    !services_name(&services, (enum sock_proto)line->proto, line->port))
			abort();
	}
	services_release(&services);
	return 0;
}
