/* SPDX-License-Identifier: MIT */
/* "HOST:PORT" as people type it, before the name is resolved. */
#ifndef BERTH_CORE_ENDPOINT_H
#define BERTH_CORE_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

enum { ENDPOINT_HOST_SIZE = 256 }; /* RFC 1035 2.3.4: names have at most 255 octets */

struct endpoint {
	char host[ENDPOINT_HOST_SIZE]; /* name or address without brackets; "localhost" if left out */
	uint16_t port;
	bool has_host; /* it was not left out */
};

/*
 * "db.example:5432", "10.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80", ":8080" and "8080" (this
 * host). NULL on success; else what is wrong, in a few words, and @ret is untouched. An IPv6
 * address without brackets is refused: its last group could be meant as the port.
 */
const char *endpoint_parse(const char *text, struct endpoint *ret);

#endif
