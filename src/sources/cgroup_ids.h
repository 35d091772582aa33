/* SPDX-License-Identifier: MIT */
/* The kernel names a socket's cgroup by a 64-bit id; people by a path. */
#ifndef BERTH_SOURCES_CGROUP_IDS_H
#define BERTH_SOURCES_CGROUP_IDS_H

#include <stdint.h>

struct cgroup_ids;
struct snapshot;

/* NULL when memory is exhausted. Nothing is read before the first id is asked for. */
struct cgroup_ids *cgroup_ids_new(void);
void cgroup_ids_free(struct cgroup_ids *ids);
static inline void cgroup_ids_freep(struct cgroup_ids **ids)
{
	cgroup_ids_free(*ids);
}

/*
 * Text id (of @snap) of the path below the cgroup2 mount: "/system.slice/ssh.service"; of
 * "unreachable:HEX" for a removed cgroup or one we may not see. 0 only when memory is exhausted.
 */
uint32_t cgroup_ids_text(struct cgroup_ids *ids, struct snapshot *snap, uint64_t id);

#endif
