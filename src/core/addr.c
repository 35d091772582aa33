/* SPDX-License-Identifier: MIT */
/* Addresses; IPv4 printing is hand-made because it stands in the path of a million rows. */
#include "core/addr.h"
#include "base/numbers.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

struct addr addr_ipv4(uint32_t host_order)
{
	return (struct addr){
		.bytes = {host_order >> 24, host_order >> 16 & 0xff, host_order >> 8 & 0xff,
			  host_order & 0xff},
		.family = ADDR_IPV4,
	};
}

struct addr addr_ipv6(const uint8_t bytes[16], uint32_t scope)
{
	struct addr addr = {.scope = scope, .family = ADDR_IPV6};

	memcpy(addr.bytes, bytes, sizeof(addr.bytes));
	return addr;
}

struct addr addr_any(enum addr_family family)
{
	return (struct addr){.family = family};
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && a->scope == b->scope &&
	       !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	int order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));
	if (order)
		return order;
	return (a->scope > b->scope) - (a->scope < b->scope);
}

bool addr_is_mapped(const struct addr *addr)
{
	return addr->family == ADDR_IPV6 && !memcmp(addr->bytes, mapped_prefix, 12);
}

struct addr addr_unmapped(const struct addr *addr)
{
	if (!addr_is_mapped(addr))
		return *addr;
	struct addr v4 = {.family = ADDR_IPV4};
	memcpy(v4.bytes, addr->bytes + 12, 4);
	return v4;
}

struct addr addr_mapped(const struct addr *addr)
{
	if (addr->family != ADDR_IPV4)
		return *addr;
	struct addr v6 = {.family = ADDR_IPV6};
	memcpy(v6.bytes, mapped_prefix, 12);
	memcpy(v6.bytes + 12, addr->bytes, 4);
	return v6;
}

bool addr_is_any(const struct addr *addr)
{
	static const uint8_t zero[16];
	const struct addr plain = addr_unmapped(addr);

	return plain.family != ADDR_NONE && !memcmp(plain.bytes, zero, sizeof(zero));
}

bool addr_is_loopback(const struct addr *addr)
{
	static const uint8_t one[16] = {[15] = 1};
	const struct addr plain = addr_unmapped(addr);

	if (plain.family == ADDR_IPV4)
		return plain.bytes[0] == 127;
	return plain.family == ADDR_IPV6 && !memcmp(plain.bytes, one, sizeof(one));
}

bool addr_is_multicast(const struct addr *addr)
{
	const struct addr plain = addr_unmapped(addr);

	if (plain.family == ADDR_IPV4)
		return plain.bytes[0] >> 4 == 0xe;
	return plain.family == ADDR_IPV6 && plain.bytes[0] == 0xff;
}

bool addr_is_link_local(const struct addr *addr)
{
	const struct addr plain = addr_unmapped(addr);

	if (plain.family == ADDR_IPV4)
		return plain.bytes[0] == 169 && plain.bytes[1] == 254;
	return plain.family == ADDR_IPV6 && plain.bytes[0] == 0xfe &&
	       (plain.bytes[1] & 0xc0) == 0x80;
}

bool addr_in_prefix(const struct addr *addr, const struct addr *prefix, unsigned bits)
{
	const unsigned whole = bits / 8, rest = bits % 8;

	if (addr->family != prefix->family || bits > (addr->family == ADDR_IPV4 ? 32u : 128u))
		return false;
	if (memcmp(addr->bytes, prefix->bytes, whole))
		return false;
	return !rest || (addr->bytes[whole] ^ prefix->bytes[whole]) >> (8 - rest) == 0;
}

bool addr_parse(const char *text, struct addr *ret)
{
	struct addr addr = {.family = ADDR_IPV4};
	char bare[INET6_ADDRSTRLEN];

	if (inet_pton(AF_INET, text, addr.bytes) == 1) {
		*ret = addr;
		return true;
	}
	const char *percent = strchr(text, '%');
	size_t len = percent ? (size_t)(percent - text) : strlen(text);
	uint64_t scope = 0;
	if (len >= sizeof(bare) || (percent && !parse_u64(percent + 1, UINT32_MAX, &scope)))
		return false;
	memcpy(bare, text, len);
	bare[len] = '\0';
	addr = (struct addr){.scope = (uint32_t)scope, .family = ADDR_IPV6};
	if (inet_pton(AF_INET6, bare, addr.bytes) != 1)
		return false;
	*ret = addr;
	return true;
}

static char *put_byte(char *to, unsigned byte)
{
	if (byte >= 100)
		*to++ = (char)('0' + byte / 100);
	if (byte >= 10)
		*to++ = (char)('0' + byte / 10 % 10);
	*to++ = (char)('0' + byte % 10);
	return to;
}

/* Returns the end. */
static char *put_ipv4(char *to, const uint8_t *bytes)
{
	to = put_byte(to, bytes[0]);
	for (int i = 1; i < 4; i++) {
		*to++ = '.';
		to = put_byte(to, bytes[i]);
	}
	return to;
}

char *addr_format(const struct addr *addr, char *text)
{
	switch ((enum addr_family)addr->family) {
	case ADDR_NONE:
		strcpy(text, "*");
		break;
	case ADDR_IPV4:
		*put_ipv4(text, addr->bytes) = '\0';
		break;
	case ADDR_IPV6:
		inet_ntop(AF_INET6, addr->bytes, text, ADDR_TEXT_SIZE);
		if (addr->scope)
			snprintf(text + strlen(text), ADDR_TEXT_SIZE - strlen(text), "%%%u",
				 addr->scope);
		break;
	}
	return text;
}

char *addr_format_port(const struct addr *addr, uint16_t port, char *text)
{
	const bool brackets = addr->family == ADDR_IPV6;

	if (brackets)
		*text = '[';
	addr_format(addr, text + brackets);
	char *end = text + strlen(text);
	if (brackets)
		*end++ = ']';
	*end++ = ':';
	end[format_u64(end, port)] = '\0';
	return text;
}

size_t addr_put_port(const struct addr *addr, uint16_t port, char *to)
{
	if (addr->family != ADDR_IPV4)
		return strlen(addr_format_port(addr, port, to));
	char *end = put_ipv4(to, addr->bytes);
	*end++ = ':';
	return (size_t)(end - to) + format_u64(end, port);
}

size_t addr_port_width(const struct addr *addr, uint16_t port)
{
	size_t n = 4; /* three dots, one colon */

	if (addr->family != ADDR_IPV4)
		return 0;
	for (size_t i = 0; i < 4; i++)
		n += 1 + (addr->bytes[i] >= 10) + (addr->bytes[i] >= 100);
	return n + u64_width(port);
}
