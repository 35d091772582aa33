/* SPDX-License-Identifier: MIT */
/* The explained attempt once more, from a source port known beforehand. */
#ifndef BERTH_PROBE_AGAIN_H
#define BERTH_PROBE_AGAIN_H

#include <stdint.h>

struct case_facts;

/* A source port that is free now, or the one asked for; 0: none. */
uint16_t again_port(const struct case_facts *facts);
/* Try the target of the explained attempt from @port for @seconds; adds it as a retry. */
void again_try(struct case_facts *facts, uint16_t port, double seconds);

#endif
