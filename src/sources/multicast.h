/* SPDX-License-Identifier: MIT */
/* Which multicast groups the interfaces of a namespace receive: /proc/net/igmp and igmp6. */
#ifndef BERTH_SOURCES_MULTICAST_H
#define BERTH_SOURCES_MULTICAST_H

#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

struct namespace;

struct multicast_group {
	struct addr group;
	uint32_t device;
};

struct multicast_groups {
	struct multicast_group *items;
	size_t n, room;
};

/* Those of @netns. 0, or -errno where they cannot be read; release @ret in any case. */
int multicast_read(const struct namespace *netns, struct multicast_groups *ret);
void multicast_release(struct multicast_groups *groups);

#endif
