/* SPDX-License-Identifier: MIT */
/* Programs that hold tun and tap devices: who they are, and what other devices they hold. */
#ifndef BERTH_SOURCES_TUNNELS_H
#define BERTH_SOURCES_TUNNELS_H

#include <stdint.h>

struct arena;
struct place;

struct tunnel_end {
	uint64_t netns;
	uint32_t pid;
	char name[16];
};

/*
 * The other tun devices of the program that has @name of @netns open. Returns how many of @ret
 * (@room) were filled; 0 when it is not known who holds it. Needs the right to look into other
 * processes.
 */
unsigned tunnel_other_ends(uint64_t netns, const char *name, struct tunnel_end *ret, unsigned room);

/* Fill .tun_pid, .tun_comm and .tun_state of the place's tun devices. */
void tunnels_collect(struct arena *arena, struct place *place);

#endif
