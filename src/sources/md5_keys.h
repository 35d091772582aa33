/* SPDX-License-Identifier: MIT */
/* Which listeners demand TCP MD5 signatures (RFC 2385): only sock_diag tells, and only root. */
#ifndef BERTH_SOURCES_MD5_KEYS_H
#define BERTH_SOURCES_MD5_KEYS_H

struct place;
struct world;
struct world_netns;

/* Set .has_md5 of those of @place->sockets that have keys. */
void md5_keys_mark(struct world *world, const struct world_netns *netns, struct place *place);

#endif
