/* SPDX-License-Identifier: MIT */
/* Addresses as the model keeps them: sixteen bytes, IPv4 as ::ffff:a.b.c.d. */
#ifndef BERTH_MODEL_AKEY_H
#define BERTH_MODEL_AKEY_H

#include "model/state.h"

static inline bool akey_equal(struct akey a, struct akey b)
{
	return a.w[0] == b.w[0] && a.w[1] == b.w[1];
}

static inline bool akey_is_zero(struct akey a)
{
	return !(a.w[0] | a.w[1]);
}

static inline uint32_t akey_word(const struct akey *a, unsigned word)
{
	uint32_t value;

	memcpy(&value, (const char *)a + 4 * word, 4);
	return value;
}

static inline struct akey akey_of_bytes(const uint8_t *bytes)
{
	struct akey a;

	memcpy(&a, bytes, 16);
	return a;
}

/* @v4 in network order. */
static inline struct akey akey_v4(uint32_t v4)
{
	uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff};

	memcpy(bytes + 12, &v4, 4);
	return akey_of_bytes(bytes);
}

static inline enum akey_kind akey_kind(const struct akey *a)
{
	static const uint8_t mapped[4] = {0, 0, 0xff, 0xff};

	if (a->w[0])
		return AKEY_V6;
	if (!a->w[1])
		return AKEY_ANY;
	return memcmp((const char *)a + 8, mapped, 4) ? AKEY_V6 : AKEY_MAPPED;
}

/* 0.0.0.0, :: and ::ffff:0.0.0.0 */
static inline bool akey_is_any(const struct akey *a)
{
	enum akey_kind kind = akey_kind(a);

	return kind == AKEY_ANY || (kind == AKEY_MAPPED && !akey_word(a, 3));
}

/*
 * The IPv4 side of a receive address, network order: :: counts as 0, and a real IPv6 address as
 * the dummy 127.0.0.6 (LOOPBACK4_IPV6).
 */
static inline uint32_t akey_r4(const struct akey *a)
{
	static const uint8_t dummy[4] = {127, 0, 0, 6};
	uint32_t value;

	switch (akey_kind(a)) {
	case AKEY_ANY:
		return 0;
	case AKEY_MAPPED:
		return akey_word(a, 3);
	case AKEY_V6:
		break;
	}
	memcpy(&value, dummy, 4);
	return value;
}

static inline uint8_t akey_byte(const struct akey *a, unsigned i)
{
	return ((const uint8_t *)a)[i];
}

static inline struct akey akey_of(const struct addr *addr)
{
	struct addr mapped = addr->family == ADDR_IPV4 ? addr_mapped(addr) : *addr;

	return akey_of_bytes(mapped.bytes);
}

/* IPv4 where it is mapped and @v4 asks for it. */
static inline struct addr akey_addr(const struct akey *a, bool v4)
{
	uint8_t bytes[16];

	memcpy(bytes, a, 16);
	struct addr addr = addr_ipv6(bytes, 0);
	return v4 ? addr_unmapped(&addr) : addr;
}

static inline bool akey_is_multicast(const struct akey *a)
{
	if (akey_kind(a) == AKEY_MAPPED)
		return (akey_byte(a, 12) & 0xf0) == 0xe0;
	return akey_kind(a) == AKEY_V6 && akey_byte(a, 0) == 0xff;
}

static inline bool akey_is_loopback(const struct akey *a)
{
	static const uint8_t one[16] = {[15] = 1};

	if (akey_kind(a) == AKEY_MAPPED)
		return akey_byte(a, 12) == 127;
	return !memcmp(a, one, 16);
}

/* fe80::/10, and ff01:: and ff02::, which need a device (__ipv6_addr_needs_scope_id). */
static inline bool akey_needs_scope(const struct akey *a)
{
	if (akey_kind(a) != AKEY_V6)
		return false;
	if (akey_byte(a, 0) == 0xfe)
		return (akey_byte(a, 1) & 0xc0) == 0x80;
	return akey_byte(a, 0) == 0xff &&
	       ((akey_byte(a, 1) & 15) == 1 || (akey_byte(a, 1) & 15) == 2);
}

/* The key of listener and UDP chains: the wildcards are one. */
static inline struct akey akey_chain(struct akey a)
{
	return akey_is_any(&a) ? (struct akey){{0, 0}} : a;
}

#endif
