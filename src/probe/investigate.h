/* SPDX-License-Identifier: MIT */
/*
 * Makes the asked connection and, while it hangs or after it failed, asks around it: the same flow
 * with growing TTL, other ports of the host, the distance a refusal came from. Adds attempts and
 * probes to the case; interprets nothing.
 */
#ifndef BERTH_PROBE_INVESTIGATE_H
#define BERTH_PROBE_INVESTIGATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/case.h"

/*
 * Try the addresses in order until one works (each gets its share of the time until
 * facts->until_ns), then probe around the first that failed. 0 or -ENOMEM.
 */
int investigate_connect(struct case_facts *facts, const struct addr *addrs, size_t n_addrs);

/*
 * Only the probing around a failed attempt that is already in the case (a program's call), ending
 * by @until_ns of CLOCK_MONOTONIC.
 */
void investigate_around(struct case_facts *facts, struct attempt *failed, uint64_t until_ns);

/* Try the addresses of the same name that @failed did not try, shortly; adds attempts. */
void investigate_others(struct case_facts *facts, const struct attempt *failed,
			const struct addr *addrs, size_t n_addrs);

#endif
