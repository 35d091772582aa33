/* SPDX-License-Identifier: MIT */
/* Mixing for hash tables of powers of two; not for secrets. */
#ifndef BERTH_BASE_HASH_H
#define BERTH_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The finaliser of MurmurHash3: every input bit reaches every output bit. */
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdull;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ull;
	return x ^ x >> 33;
}

static inline uint64_t hash_bytes(const void *bytes, size_t len)
{
	const char *p = bytes;
	uint64_t hash = len;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t word;
		memcpy(&word, p, 8);
		hash = hash_u64(hash ^ word);
	}
	uint64_t tail = 0;
	memcpy(&tail, p, len);
	return hash_u64(hash ^ tail);
}

#endif
