/* SPDX-License-Identifier: MIT */
/* The sysctls that decide about ports: /proc/sys/net of the calling thread's namespace. */
#ifndef BERTH_SOURCES_SYSCTLS_H
#define BERTH_SOURCES_SYSCTLS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct host;
struct port_range;

/*
 * Into @host; what cannot be read keeps its value (host_set_defaults()). .known is set when the
 * range of ephemeral ports was read. 0, or -errno of reading that range.
 */
int sysctls_read(struct host *host, struct arena *arena);

/* "32768\t60999\n". False for anything else. */
bool sysctl_parse_range(const char *text, struct port_range *ret);

/*
 * "8080,9000-9010\n" into at most @room ranges at @ret; returns how many the text holds, which may
 * be more than @room. Stops at what it does not understand.
 */
size_t sysctl_parse_ranges(const char *text, size_t room, struct port_range *ret);

#endif
