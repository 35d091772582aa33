/* SPDX-License-Identifier: MIT */
/* Reading a namespace's nftables ruleset through libnftables, loaded when it is first needed. */
#ifndef BERTH_SOURCES_NFTABLES_H
#define BERTH_SOURCES_NFTABLES_H

#include "core/nft.h"

/*
 * Read the ruleset of the calling thread's namespace into @arena. An empty one is cheap: the
 * library is not even loaded. 0; -ENOSYS without libnftables; -EPERM without the right.
 */
int nftables_read(struct arena *arena, struct nft_ruleset *ret_ruleset);

#endif
