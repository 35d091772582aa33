/* SPDX-License-Identifier: MIT */
/* Who makes the call: rights, sandbox, limits, environment of a process. */
#ifndef BERTH_PROBE_CALLER_H
#define BERTH_PROBE_CALLER_H

#include <stdint.h>

#include "core/case.h"

/* Fill facts->caller from /proc/@pid; 0: this process. */
void caller_read(struct case_facts *facts, uint32_t pid);

#endif
