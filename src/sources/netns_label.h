/* SPDX-License-Identifier: MIT */
/* What a network namespace without a name of "ip netns" is called. */
#ifndef BERTH_SOURCES_NETNS_LABEL_H
#define BERTH_SOURCES_NETNS_LABEL_H

#include <stdint.h>

struct containers;
struct snapshot;

/*
 * By its first process @pid: the pod or container it is in, else the service it belongs to, else
 * "nginx/1234"; with "/1234" behind it if another namespace is called so. NULL: no memory.
 */
const char *netns_label(struct snapshot *snap, struct containers *containers, uint32_t pid);

#endif
