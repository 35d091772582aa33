/* SPDX-License-Identifier: MIT */
/* How far away the sender of a TCP reset is, measured without rights. */
#ifndef BERTH_PROBE_DISTANCE_H
#define BERTH_PROBE_DISTANCE_H

#include <stdint.h>

#include "core/case.h"

/*
 * The TTL with which resets of @dst:@port arrive; 0: not measurable. A socket with IP_MINTTL (or
 * IPV6_MINHOPCOUNT) hears a reset only when its TTL is at least that; @seconds: how long an answer
 * took before. Gives up, with 0, when @until_ns has come.
 */
uint8_t reset_distance(const struct asked *asked, const struct addr *dst, uint16_t port,
		       double seconds, uint64_t until_ns);

#endif
