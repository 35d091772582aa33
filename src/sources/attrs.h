/* SPDX-License-Identifier: MIT */
/*
 * Netlink attributes of one message or nest by number, checked for size when read. Every kernel
 * answer is read through these, so a short attribute is a missing one.
 */
#ifndef BERTH_SOURCES_ATTRS_H
#define BERTH_SOURCES_ATTRS_H

#include <libmnl/libmnl.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "core/addr.h"

enum { N_ATTRS = 96 };

struct attrs {
	const struct nlattr *at[N_ATTRS];
};

static inline int attrs_keep(const struct nlattr *attr, void *data)
{
	struct attrs *attrs = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type < N_ATTRS)
		attrs->at[type] = attr;
	return MNL_CB_OK;
}

/* The attributes behind a fixed header of @header bytes. */
static inline void attrs_of_message(const struct nlmsghdr *message, size_t header,
				    struct attrs *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (mnl_nlmsg_get_payload_len(message) >= header)
		mnl_attr_parse(message, (unsigned)header, attrs_keep, ret);
}

static inline void attrs_of_nest(const struct nlattr *nest, struct attrs *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (nest)
		mnl_attr_parse_nested(nest, attrs_keep, ret);
}

static inline size_t attr_len(const struct attrs *attrs, unsigned type)
{
	return attrs->at[type] ? mnl_attr_get_payload_len(attrs->at[type]) : 0;
}

static inline const void *attr_bytes(const struct attrs *attrs, unsigned type)
{
	return attrs->at[type] ? mnl_attr_get_payload(attrs->at[type]) : NULL;
}

/* Numbers of up to 8 bytes in host order; @otherwise when absent or of another size. */
static inline uint64_t attr_number(const struct attrs *attrs, unsigned type, uint64_t otherwise)
{
	const void *bytes = attr_bytes(attrs, type);
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (attr_len(attrs, type)) {
	case 1:
		return *(const uint8_t *)bytes;
	case 2:
		memcpy(&u16, bytes, sizeof(u16));
		return u16;
	case 4:
		memcpy(&u32, bytes, sizeof(u32));
		return u32;
	case 8:
		memcpy(&u64, bytes, sizeof(u64));
		return u64;
	default:
		return otherwise;
	}
}

static inline uint16_t attr_be16(const struct attrs *attrs, unsigned type)
{
	const uint8_t *b = attr_bytes(attrs, type);

	return attr_len(attrs, type) >= 2 ? (uint16_t)(b[0] << 8 | b[1]) : 0;
}

/* An address of 4 or 16 bytes; family ADDR_NONE otherwise. */
static inline struct addr attr_addr(const struct attrs *attrs, unsigned type)
{
	struct addr addr = {};
	size_t len = attr_len(attrs, type);

	if (len == 4 || len == 16) {
		memcpy(addr.bytes, attr_bytes(attrs, type), len);
		addr.family = len == 4 ? ADDR_IPV4 : ADDR_IPV6;
	}
	return addr;
}

/* A copy in @arena, ending at the first NUL; "" when absent. */
static inline const char *attr_text(struct arena *arena, const struct attrs *attrs, unsigned type)
{
	const char *bytes = attr_bytes(attrs, type);
	const char *text = bytes ? arena_dup(arena, bytes, strnlen(bytes, attr_len(attrs, type)))
				 : NULL;

	return text ? text : "";
}

/* Append an address as attribute @type. */
static inline void put_addr(struct nlmsghdr *request, uint16_t type, const struct addr *addr)
{
	mnl_attr_put(request, type, addr->family == ADDR_IPV4 ? 4 : 16, addr->bytes);
}

#endif
