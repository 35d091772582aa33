/* SPDX-License-Identifier: MIT */
/* Turns sockets and processes of a snapshot into facts of a place. */
#ifndef BERTH_SOURCES_PLACE_SOCKETS_H
#define BERTH_SOURCES_PLACE_SOCKETS_H

#include <stdint.h>

struct arena;
struct place;
struct place_process;
struct place_socket;
struct snapshot;
struct sock;

/*
 * Add @sock with its holders to @place, options that only a copy of the descriptor shows included
 * (where we may have one). The new record, valid until the next add, or NULL without memory.
 */
struct place_socket *place_add_socket(struct arena *arena, struct place *place,
				      const struct snapshot *snap, const struct sock *sock);

/* What /proc and the cgroup tell about why a process does not serve: state, limits, its call. */
void process_facts_read(struct arena *arena, struct place_process *process);

#endif
