/* SPDX-License-Identifier: MIT */
/* What resolv.conf(5) and its environment variables make of a name: which names are asked of whom. */
#ifndef BERTH_PROBE_RESOLV_CONF_H
#define BERTH_PROBE_RESOLV_CONF_H

#include <stdbool.h>

struct case_facts;

enum { RESOLV_MAX_NAMES = 8 };

/* Fill facts->resolving.conf as libc reads it (res_ninit(3)); texts are of facts->arena. */
void resolv_conf_read(struct case_facts *facts);

struct resolv_conf;

/*
 * The names that are asked for @name one after the other, as programs do (resolv.conf(5): search,
 * ndots; res_search()): at most RESOLV_MAX_NAMES, each of 256 bytes. How many.
 */
unsigned resolv_conf_names(const struct resolv_conf *conf, const char *name,
			   char ret_names[RESOLV_MAX_NAMES][256]);

#endif
