/* SPDX-License-Identifier: MIT */
/* The sysctls of a network namespace that can keep a packet or a connection from getting through. */
#ifndef BERTH_SOURCES_SETTINGS_H
#define BERTH_SOURCES_SETTINGS_H

struct arena;
struct place;

/*
 * Read them from /proc/sys of the calling thread's namespace into @place->settings: those of the
 * whole namespace and, for the interfaces of @place->links, of each interface. Absent ones are
 * left out.
 */
void settings_collect(struct arena *arena, struct place *place);

#endif
