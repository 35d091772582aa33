/* SPDX-License-Identifier: MIT */
/* Questions about a connection that stands but does not work. */
#ifndef BERTH_PROBE_AFTER_H
#define BERTH_PROBE_AFTER_H

#include "core/case.h"

/*
 * Does the asked port speak TLS; do large packets get through? Fills probes.speaks_tls and
 * probes.path_mtu as far as the failure of @attempt makes the question sensible.
 */
void probe_after(struct case_facts *facts, const struct attempt *attempt, uint64_t until_ns);

#endif
