/* SPDX-License-Identifier: MIT */
/* Watches what the kernel drops, resets and refuses while a connection is tried. */
#ifndef BERTH_SOURCES_DROPS_H
#define BERTH_SOURCES_DROPS_H

#include <stdint.h>

struct case_facts;
struct drops;

/*
 * Start watching, in the namespace @only_netns (inode; 0: all). -EPERM without CAP_BPF and
 * CAP_PERFMON; other -errno where the kernel has none of the tracepoints.
 */
int drops_open(uint32_t only_netns, struct drops **ret_drops);
void drops_close(struct drops *drops);

/* Stop and add to @facts->events those that belong to its attempts and paths. */
void drops_collect(struct drops *drops, struct case_facts *facts);

#endif
