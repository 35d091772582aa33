/* SPDX-License-Identifier: MIT */
/* Records of sockets: chunks that never move, and a list of free ids. */
#include "model/state.h"
#include "base/pages.h"

#include <errno.h>
#include <stdlib.h>

static size_t chunk_bytes(uint32_t chunk)
{
	return ((size_t)CHUNK_FIRST << chunk) * sizeof(struct msock);
}

int array_room(void *array, uint32_t n, uint32_t *room, size_t size)
{
	if (n < *room)
		return 0;
	uint32_t more = *room ? *room * 2 : 8;
	void **slot = array;
	void *moved = more > *room ? realloc(*slot, more * size) : NULL;
	if (!moved)
		return -ENOMEM;
	*slot = moved;
	*room = more;
	return 0;
}

static int add_chunk(struct model_space *space)
{
	if (space->n_chunks == N_CHUNKS)
		return -ENOMEM;
	struct msock *chunk = pages_alloc(chunk_bytes(space->n_chunks));
	if (!chunk)
		return -ENOMEM;
	space->chunks[space->n_chunks++] = chunk;
	return 0;
}

void socks_release(struct model_space *space)
{
	for (uint32_t i = 0; i < space->n_chunks; i++)
		pages_free(space->chunks[i], chunk_bytes(i));
	space->n_chunks = 0;
}

uint32_t sock_new(struct model_space *space)
{
	uint32_t id = space->free_sock;

	if (id) {
		space->free_sock = sock_at(space, id)->a;
		memset(sock_at(space, id), 0, sizeof(struct msock));
	} else {
		if (space->n_socks == ((1u << space->n_chunks) - 1) << CHUNK_SHIFT && add_chunk(space))
			return 0;
		id = ++space->n_socks;
	}
	sock_at(space, id)->flags = F_USED;
	if (id < space->room_tags)
		space->tags[id] = 0;
	space->n_used++;
	return id;
}

void sock_drop(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);

	memset(sock, 0, sizeof(*sock));
	sock->a = space->free_sock;
	space->free_sock = id;
	space->n_used--;
}

int model_tag(struct model_space *space, uint32_t id, uint32_t tag)
{
	if (id >= space->room_tags) {
		uint32_t room = space->room_tags ? space->room_tags : 64;
		while (room <= id)
			room *= 2;
		uint32_t *tags = realloc(space->tags, room * sizeof(*tags));
		if (!tags)
			return -ENOMEM;
		memset(tags + space->room_tags, 0, (room - space->room_tags) * sizeof(*tags));
		space->tags = tags;
		space->room_tags = room;
	}
	space->tags[id] = tag;
	return 0;
}

uint32_t model_tag_of(const struct model_space *space, uint32_t id)
{
	return id < space->room_tags ? space->tags[id] : 0;
}

struct msock *sock_get(const struct model_space *space, uint32_t id)
{
	if (!id || id > space->n_socks || !(sock_at(space, id)->flags & F_USED))
		return NULL;
	return sock_at(space, id);
}
