/* SPDX-License-Identifier: MIT */
/* BPF programs attached where they can act on a packet or on a program's calls. */
#ifndef BERTH_SOURCES_BPF_ATTACHED_H
#define BERTH_SOURCES_BPF_ATTACHED_H

#include <stdbool.h>

struct arena;
struct case_facts;
struct place;
struct world;
struct world_netns;

/*
 * Programs on the devices of a place (XDP, tcx, clsact), on its netfilter hooks and its socket
 * look-up, into @place->programs.
 */
void bpf_attached_collect(struct world *world, const struct world_netns *netns,
			  struct arena *arena, struct place *place);

/*
 * Programs on the cgroup of version 2 @path ("/a/b") and all above it, into @place->programs;
 * each is named with the folder of the cgroup that has it.
 */
void bpf_attached_cgroup(struct arena *arena, struct place *place, const char *path,
			 bool packets_only);

#endif
