/* SPDX-License-Identifier: MIT */
/* Turns a name into addresses as programs do, and finds out step by step who said what. */
#ifndef BERTH_PROBE_RESOLVE_H
#define BERTH_PROBE_RESOLVE_H

#include <stddef.h>

#include "core/case.h"

/*
 * Fill facts->resolving and up to @max @ret_addrs in the order of the system's resolver (none when
 * it fails). The hosts file and each DNS server are asked by ourselves too.
 */
void resolve_name(struct case_facts *facts, const char *name, struct addr *ret_addrs, size_t max,
		  size_t *ret_n);

#endif
