/* SPDX-License-Identifier: MIT */
/* A hash table by what each side sends. */
#include "core/translation.h"
#include "base/array.h"
#include "core/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct translation *snapshot_add_translation(struct snapshot *snap)
{
	if (!array_grow(&snap->translations, snap->n_translations, &snap->room_translations,
			sizeof(*snap->translations)))
		return NULL;
	struct translation *translation = &snap->translations[snap->n_translations++];
	*translation = (struct translation){};
	return translation;
}

struct ends translation_first(const struct translation *t)
{
	struct ends ends = {.local_port = t->source_port, .remote_port = t->destination_port,
			    .proto = t->proto};

	ends_set_address(ends.local, &t->source);
	ends_set_address(ends.remote, &t->destination);
	return ends;
}

struct ends translation_second(const struct translation *t)
{
	struct ends ends = {.local_port = t->new_destination_port,
			    .remote_port = t->new_source_port, .proto = t->proto};

	ends_set_address(ends.local, &t->new_destination);
	ends_set_address(ends.remote, &t->new_source);
	return ends;
}

static struct ends sent_by(const struct translation_table *table, uint32_t slot)
{
	const struct translation *t = &table->snap->translations[(slot - 1) / 2];

	return (slot - 1) % 2 ? translation_second(t) : translation_first(t);
}

int translation_table_fill(struct translation_table *table, const struct snapshot *snap)
{
	size_t n = 16;

	while (n < snap->n_translations * 4)
		n *= 2;
	*table = (struct translation_table){
		.snap = snap, .slots = calloc(n, sizeof(*table->slots)), .mask = n - 1};
	if (!table->slots)
		return -ENOMEM;
	for (uint32_t slot = 1; slot <= snap->n_translations * 2; slot++) {
		const struct ends ends = sent_by(table, slot);
		size_t at = ends_hash(&ends) & table->mask;
		while (table->slots[at])
			at = (at + 1) & table->mask;
		table->slots[at] = slot;
	}
	return 0;
}

void translation_table_release(struct translation_table *table)
{
	free(table->slots);
	table->slots = NULL;
}

bool translate(const struct translation_table *table, struct translated *packet, bool far)
{
	uint32_t here = 0, there = 0, n_there = 0;

	for (size_t at = ends_hash(&packet->ends) & table->mask; table->slots[at];
	     at = (at + 1) & table->mask) {
		const uint32_t slot = table->slots[at];
		const struct ends ends = sent_by(table, slot);
		if (memcmp(&ends, &packet->ends, sizeof(ends)) != 0)
			continue;
		if (table->snap->translations[(slot - 1) / 2].netns != packet->netns) {
			there = slot;
			n_there++;
		} else if (!packet->n_changes) { /* no namespace changes a packet twice */
			here = slot;
		}
	}
	const uint32_t slot = here ? here : far && n_there == 1 ? there : 0;
	if (!slot)
		return false;
	const struct translation *t = &table->snap->translations[(slot - 1) / 2];
	const struct ends receiver = (slot - 1) % 2 ? translation_first(t) : translation_second(t);
	packet->ends = ends_swapped(&receiver);
	packet->netns = t->netns;
	packet->n_changes++;
	return true;
}
