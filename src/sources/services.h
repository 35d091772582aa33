/* SPDX-License-Identifier: MIT */
/* The machine's own names of ports: /etc/services (services(5)). */
#ifndef BERTH_SOURCES_SERVICES_H
#define BERTH_SOURCES_SERVICES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "core/sock.h"

struct service_line {
	uint16_t port;
	uint8_t proto; /* enum sock_proto */
	const char *name;
};

struct services {
	struct arena arena;
	struct service_line *lines; /* in the order of the file */
	size_t n, room;
};

/* Read @path; a file that is not there has no names. 0 or -errno; release in either case. */
int services_read(struct services *services, const char *path);
void services_release(struct services *services);

/* One line of the file, added if it names a TCP or UDP port. 0 or -ENOMEM. */
int services_add_line(struct services *services, const char *line, size_t len);

/* The first name of the port, or NULL. UDP-Lite has UDP's names (RFC 3828 7). */
const char *services_name(const struct services *services, enum sock_proto proto, uint16_t port);

#endif
