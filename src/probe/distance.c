/* SPDX-License-Identifier: MIT */
/* Finds the TTL of a reset by asking with rising minimum TTLs, several at a time. */
#include "probe/distance.h"
#include "core/sock.h"
#include "probe/asking.h"

#include <string.h>

enum { WIDTH = 5 };

/* The highest of the @n rising @limits at which the reset is still heard; 0: at none. */
static uint8_t highest_heard(const struct asked *asked, const struct addr *dst, uint16_t port,
			     const uint8_t *limits, unsigned n, uint64_t wait_ns)
{
	struct asking askings[WIDTH];
	uint8_t best = 0;

	for (unsigned i = 0; i < n; i++) {
		askings[i] = (struct asking){.fd = -1,
					     .dst = *dst,
					     .min_ttl = limits[i],
					     .probe = {.proto = SOCK_PROTO_TCP, .port = port}};
		asking_start(&askings[i], asked);
	}
	asking_wait(askings, n, monotonic_ns() + wait_ns);
	asking_stop(askings, n);
	for (unsigned i = 0; i < n; i++)
		if (askings[i].probe.answer == PROBE_RESET && limits[i] > best)
			best = limits[i];
	return best;
}

uint8_t reset_distance(const struct asked *asked, const struct addr *dst, uint16_t port,
		       double seconds, uint64_t until_ns)
{
	/* Systems start at 64, 128 or 255; few paths are longer than 31 hops. */
	static const uint8_t starts[] = {1, 33, 65, 129, 224};
	uint64_t wait_ns = (uint64_t)(seconds * 3e9) + 60000000;

	if (monotonic_ns() + wait_ns > until_ns)
		return 0;
	uint8_t low = highest_heard(asked, dst, port, starts, 5, wait_ns);

	if (!low)
		return 0;
	unsigned high = low == 1 ? 32 : low == 33 ? 64 : low == 65 ? 128 : low == 129 ? 223 : 255;
	while (low < high) {
		if (monotonic_ns() + wait_ns > until_ns)
			return 0;
		uint8_t limits[WIDTH];
		unsigned n = 0;
		for (unsigned i = 1; i <= WIDTH; i++) {
			unsigned limit = low + (high - low) * i / WIDTH;
			if (limit > low && (!n || limit > limits[n - 1]))
				limits[n++] = (uint8_t)limit;
		}
		uint8_t heard = highest_heard(asked, dst, port, limits, n, wait_ns);
		for (unsigned i = 0; i < n; i++)
			if (limits[i] > (heard ? heard : low)) {
				high = limits[i] - 1u;
				break;
			}
		if (heard)
			low = heard;
	}
	return low;
}
