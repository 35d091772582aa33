/* SPDX-License-Identifier: MIT */
/* Interfaces, addresses and neighbours of a network namespace, by rtnetlink. */
#ifndef BERTH_SOURCES_LINKS_H
#define BERTH_SOURCES_LINKS_H

struct arena;
struct netlink;
struct place;

/*
 * Each fills its part of @place from @nl (a NETLINK_ROUTE socket of that namespace), sets its bit
 * of .known and returns 0 or -errno. Arrays and texts live in @arena.
 */
int links_collect(struct netlink *nl, struct arena *arena, struct place *place);
int addresses_collect(struct netlink *nl, struct arena *arena, struct place *place);
int neighbours_collect(struct netlink *nl, struct arena *arena, struct place *place);

#endif
