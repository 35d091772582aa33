/* SPDX-License-Identifier: MIT */
/* Ports served without a socket by legacy iptables tables and by IPVS. Pure; safe on any bytes. */
#ifndef BERTH_CORE_FORWARD_IPTABLES_H
#define BERTH_CORE_FORWARD_IPTABLES_H

#include "core/forward.h"

struct arena;
struct iptables_table;

/* As forward_from_nft(), for the DNAT, REDIRECT and TPROXY rules of one table. */
int forward_from_iptables(struct arena *arena, const struct iptables_table *table,
			  int (*add)(const struct forward *forward, void *data), void *data);

/*
 * The same for the text of /proc/net/ip_vs (net/netfilter/ipvs/ip_vs_ctl.c): one call for each
 * destination of a virtual service, or one without target.
 */
int forward_from_ipvs(const char *text, int (*add)(const struct forward *forward, void *data),
		      void *data);

#endif
