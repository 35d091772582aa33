/* SPDX-License-Identifier: MIT */
/* A name's addresses by the system's own resolver, within a time; for why it fails see probe/resolve. */
#ifndef BERTH_PROBE_LOOKUP_H
#define BERTH_PROBE_LOOKUP_H

#include <stddef.h>

#include "core/addr.h"

/*
 * At most @max addresses of @host, in getaddrinfo()'s order (RFC 6724); 0 with the reason in
 * @ret_why_not (a constant text) if there are none or @limit_ms went by.
 */
size_t lookup_addresses(const char *host, unsigned limit_ms, struct addr *addresses, size_t max,
			const char **ret_why_not);

#endif
