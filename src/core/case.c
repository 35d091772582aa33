/* SPDX-License-Identifier: MIT */
/* The memory of a case and the look-ups that rules use. */
#include "core/case.h"

#include <stdlib.h>
#include <string.h>

void *arena_push(struct arena *arena, void *array_pointer, size_t *count, size_t *room, size_t size)
{
	void *array;

	memcpy(&array, array_pointer, sizeof(array));
	if (*count == *room) {
		size_t more = *room ? 2 * *room : 8;
		void *bigger = arena_alloc(arena, more * size);
		if (!bigger)
			return NULL;
		if (*count)
			memcpy(bigger, array, *count * size);
		memcpy(array_pointer, &bigger, sizeof(bigger));
		array = bigger;
		*room = more;
	}
	return memset((char *)array + (*count)++ * size, 0, size);
}

struct case_facts *case_new(void)
{
	struct case_facts *facts = calloc(1, sizeof(*facts));

	if (facts) {
		arena_init(&facts->arena);
		facts->asked.uid = -1;
	}
	return facts;
}

void case_free(struct case_facts *facts)
{
	if (!facts)
		return;
	arena_release(&facts->arena);
	free(facts);
}

struct attempt *case_add_attempt(struct case_facts *facts)
{
	return arena_push(&facts->arena, &facts->attempts, &facts->n_attempts,
			  &facts->room_attempts, sizeof(*facts->attempts));
}

struct place *case_add_place(struct case_facts *facts)
{
	return arena_push(&facts->arena, &facts->places, &facts->n_places, &facts->room_places,
			  sizeof(*facts->places));
}

struct kernel_event *case_add_event(struct case_facts *facts)
{
	return arena_push(&facts->arena, &facts->events, &facts->n_events, &facts->room_events,
			  sizeof(*facts->events));
}

void case_add_unseen(struct case_facts *facts, const char *what, const char *needs)
{
	struct unseen *unseen = arena_push(&facts->arena, &facts->unseen, &facts->n_unseen,
					   &facts->room_unseen, sizeof(*unseen));
	if (unseen)
		*unseen = (struct unseen){what, needs};
}

const struct attempt *case_subject(const struct case_facts *facts)
{
	for (size_t i = 0; i < facts->n_attempts; i++)
		if (!facts->attempts[i].ok && !facts->attempts[i].is_retry)
			return &facts->attempts[i];
	for (size_t i = facts->n_attempts; i-- > 0;)
		if (!facts->attempts[i].is_retry)
			return &facts->attempts[i];
	return NULL;
}

struct place *case_place(const struct case_facts *facts, uint64_t netns)
{
	for (size_t i = 0; netns && i < facts->n_places; i++)
		if (facts->places[i].netns == netns)
			return &facts->places[i];
	return NULL;
}

const struct place *case_own_place(const struct case_facts *facts)
{
	return facts->n_places ? &facts->places[0] : NULL;
}

const char *place_setting(const struct place *place, const char *name)
{
	for (size_t i = 0; i < place->n_settings; i++)
		if (!strcmp(place->settings[i].name, name))
			return place->settings[i].value;
	return NULL;
}

long place_setting_number(const struct place *place, const char *name, long otherwise)
{
	const char *value = place_setting(place, name);
	char *end;

	if (!value)
		return otherwise;
	long number = strtol(value, &end, 10);
	return end == value ? otherwise : number;
}

uint64_t place_counter(const struct place *place, const char *name)
{
	for (size_t i = 0; i < place->n_counters; i++)
		if (!strcmp(place->counters[i].name, name))
			return place->counters[i].rose;
	return 0;
}

const struct link_facts *place_link(const struct place *place, uint32_t index)
{
	for (size_t i = 0; i < place->n_links; i++)
		if (place->links[i].index == index)
			return &place->links[i];
	return NULL;
}

const struct place_address *place_address(const struct place *place, const struct addr *addr)
{
	for (size_t i = 0; i < place->n_addresses; i++)
		if (place->addresses[i].addr.family == addr->family &&
		    !memcmp(place->addresses[i].addr.bytes, addr->bytes, 16))
			return &place->addresses[i];
	return NULL;
}

const struct neighbour *place_neighbour(const struct place *place, uint32_t link,
					const struct addr *addr)
{
	for (size_t i = 0; i < place->n_neighbours; i++)
		if ((!link || place->neighbours[i].link == link) &&
		    !memcmp(place->neighbours[i].addr.bytes, addr->bytes, 16) &&
		    place->neighbours[i].addr.family == addr->family)
			return &place->neighbours[i];
	return NULL;
}

const struct place_process *place_process(const struct place *place, uint32_t pid)
{
	for (size_t i = 0; i < place->n_processes; i++)
		if (place->processes[i].pid == pid)
			return &place->processes[i];
	return NULL;
}

const struct path_hop *path_hop_at(const struct path *path, uint32_t place)
{
	for (unsigned i = 0; i < path->n; i++)
		if (path->hops[i].place == place && !path->hops[i].is_bridge)
			return &path->hops[i];
	return NULL;
}

const struct path_hop *path_target(const struct path *path)
{
	const struct path_hop *last = path->n ? &path->hops[path->n - 1] : NULL;

	return last && last->end == PATH_DELIVERED ? last : NULL;
}

const char *attempt_phase_name(enum attempt_phase phase)
{
	switch (phase) {
	case PHASE_NONE:
		break;
	case PHASE_RESOLVE:
		return "resolve";
	case PHASE_SOCKET:
		return "socket";
	case PHASE_BIND:
		return "bind";
	case PHASE_LISTEN:
		return "listen";
	case PHASE_CONNECT:
		return "connect";
	case PHASE_SEND:
		return "send";
	case PHASE_RECV:
		return "recv";
	}
	return "none";
}
