/* SPDX-License-Identifier: MIT */
/*
 * Connections whose addresses are changed on the way (DNAT, redirect, SNAT, masquerade): what their
 * first end sends, and what becomes of it behind one namespace. Answers go the same way back.
 */
#ifndef BERTH_CORE_TRANSLATION_H
#define BERTH_CORE_TRANSLATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/ends.h"

struct snapshot;

struct translation {
	uint8_t proto;	/* enum sock_proto */
	uint16_t netns; /* index in the snapshot: whose rules change it */
	struct addr source, destination;
	uint16_t source_port, destination_port;
	struct addr new_source, new_destination;
	uint16_t new_source_port, new_destination_port;
};

/* A zeroed one in @snap, valid until the next; NULL: no memory. */
struct translation *snapshot_add_translation(struct snapshot *snap);

/* What an end of @translation sees: the first, and the one behind the change. */
struct ends translation_first(const struct translation *translation);
struct ends translation_second(const struct translation *translation);

/* Those of a snapshot by what is sent, from either side. */
struct translation_table {
	const struct snapshot *snap;
	uint32_t *slots; /* (index * 2 + from the second end) + 1 */
	size_t mask;
};

/* 0 or -ENOMEM. Zeroed tables may be released too. */
int translation_table_fill(struct translation_table *table, const struct snapshot *snap);
void translation_table_release(struct translation_table *table);

/* A packet on its way: .local is its source, .remote its destination. */
struct translated {
	struct ends ends;
	uint16_t netns;	 /* where it was changed last, at first that of its sender */
	unsigned n_changes;
};

/*
 * Change @packet once, in its sender's namespace if that does, else (when @far) in the only other
 * one that does. False: nobody changes it, or several might.
 */
bool translate(const struct translation_table *table, struct translated *packet, bool far);

#endif
