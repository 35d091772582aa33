/* SPDX-License-Identifier: MIT */
/* Names of addresses, looked up in the background while something else is going on. */
#ifndef BERTH_PROBE_REVERSE_NAMES_H
#define BERTH_PROBE_REVERSE_NAMES_H

#include "core/addr.h"

struct reverse_names;

struct reverse_names *reverse_names_new(void); /* or NULL */
/* Look-ups that still run end by themselves, or with the process. Accepts NULL. */
void reverse_names_free(struct reverse_names *names);
static inline void reverse_names_freep(struct reverse_names **names)
{
	reverse_names_free(*names);
}

/* Begin to look @addr up unless that was done; NULL names and more than 96 addresses do nothing. */
void reverse_names_ask(struct reverse_names *names, const struct addr *addr);
/* Wait until all are found, at most this long. */
void reverse_names_wait(struct reverse_names *names, unsigned limit_ms);
/* The name, or NULL: none (yet). Valid until reverse_names_free(). Bytes are as the DNS has them. */
const char *reverse_names_find(struct reverse_names *names, const struct addr *addr);

#endif
