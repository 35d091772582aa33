/* SPDX-License-Identifier: MIT */
/* Doubles when half full; numbers never go. */
#include "sources/bpf_slots.h"
#include "base/pages.h"

#include <errno.h>
#include <stdlib.h>

static struct slot *find(struct slot *all, size_t room, uint32_t number)
{
	size_t at = hash_u64(number) & (room - 1);

	while (all[at].index && all[at].number != number)
		at = (at + 1) & (room - 1);
	return &all[at];
}

int slots_resize(struct slots *slots, size_t room)
{
	struct slot *all = calloc(room, sizeof(*all));

	if (!all)
		return -ENOMEM;
	pages_prefer_huge(all, room * sizeof(*all));
	for (size_t i = 0; i < slots->room; i++)
		if (slots->all[i].index)
			*find(all, room, slots->all[i].number) = slots->all[i];
	free(slots->all);
	slots->all = all;
	slots->room = room;
	return 0;
}

struct slot *slots_find(struct slots *slots, uint32_t number)
{
	if (slots->n * 2 >= slots->room && slots_resize(slots, slots->room ? slots->room * 2 : 1024))
		return NULL;
	return find(slots->all, slots->room, number);
}

void slot_fill(struct slots *slots, struct slot *slot, uint32_t number, size_t n_things)
{
	slots->n += !slot->index;
	*slot = (struct slot){number, (uint32_t)n_things};
}
