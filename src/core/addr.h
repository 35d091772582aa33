/* SPDX-License-Identifier: MIT */
/*
 * One address type for IPv4 and IPv6. Bytes are in network order (an address has no other);
 * ports never live in here and are host order everywhere above the edge.
 */
#ifndef BERTH_CORE_ADDR_H
#define BERTH_CORE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum addr_family {
	ADDR_NONE = 0, /* no address: UNIX sockets, unset filters */
	ADDR_IPV4 = 4,
	ADDR_IPV6 = 6,
};

struct addr {
	uint8_t bytes[16]; /* IPv4 uses the first four, the rest is zero */
	uint32_t scope;	   /* interface index of a link-local IPv6 address; 0: none */
	uint8_t family;	   /* enum addr_family */
};

enum { ADDR_TEXT_SIZE = 64 }; /* the longest address with "%4294967295" and a NUL */

struct addr addr_ipv4(uint32_t host_order);
struct addr addr_ipv6(const uint8_t bytes[16], uint32_t scope);
/* The wildcard of a family: 0.0.0.0 or ::. */
struct addr addr_any(enum addr_family family);

/* Same family, bytes and scope. */
bool addr_equal(const struct addr *a, const struct addr *b);
/* Orders by family, then bytes, then scope; for sorting. */
int addr_compare(const struct addr *a, const struct addr *b);

bool addr_is_any(const struct addr *addr);	/* 0.0.0.0, ::, ::ffff:0.0.0.0 */
bool addr_is_loopback(const struct addr *addr); /* 127/8, ::1, ::ffff:127/8 */
bool addr_is_multicast(const struct addr *addr);
bool addr_is_link_local(const struct addr *addr); /* 169.254/16, fe80::/10 */
bool addr_is_mapped(const struct addr *addr);	  /* ::ffff:a.b.c.d */

/* ::ffff:a.b.c.d becomes a.b.c.d; anything else is returned as it is. */
struct addr addr_unmapped(const struct addr *addr);
/* a.b.c.d becomes ::ffff:a.b.c.d. */
struct addr addr_mapped(const struct addr *addr);

/* Do the first @bits bits agree? Families must be equal. */
bool addr_in_prefix(const struct addr *addr, const struct addr *prefix, unsigned bits);

/*
 * Parse "10.0.0.1", "fe80::1", "fe80::1%3" (numeric scope only: core/ cannot ask the kernel for
 * interface names; callers resolve names first). Brackets are not part of an address. False on
 * anything else; @ret is set on success only.
 */
bool addr_parse(const char *text, struct addr *ret);

/* RFC 5952 text, with "%scope" where set. Returns @text, which holds ADDR_TEXT_SIZE bytes. */
char *addr_format(const struct addr *addr, char *text);
/* "10.0.0.1:80", "[::1]:80"; needs ADDR_TEXT_SIZE + 8 bytes. Returns @text. */
char *addr_format_port(const struct addr *addr, uint16_t port, char *text);
/* The same without the NUL, and faster. Returns the length. */
size_t addr_put_port(const struct addr *addr, uint16_t port, char *to);
/* The length of that text, without making it; 0 where that is no quicker. */
size_t addr_port_width(const struct addr *addr, uint16_t port);

#endif
