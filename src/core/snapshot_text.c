/* SPDX-License-Identifier: MIT */
/* Interned texts, and the names of users. */
#include "core/snapshot.h"
#include "base/array.h"
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int snapshot_add_user(struct snapshot *snap, uint32_t uid, const char *name)
{
	if (snapshot_user_name(snap, uid))
		return 0;
	char *copy = arena_dup(&snap->arena, name, strlen(name));
	if (!copy || !array_grow(&snap->users, snap->n_users, &snap->room_users, sizeof(*snap->users)))
		return -ENOMEM;
	snap->users[snap->n_users++] = (struct user){.uid = uid, .name = copy};
	return 0;
}

/* A walk: the users who hold sockets are few. */
const char *snapshot_user_name(const struct snapshot *snap, uint32_t uid)
{
	for (size_t i = 0; i < snap->n_users; i++)
		if (snap->users[i].uid == uid)
			return snap->users[i].name;
	return NULL;
}

static bool texts_rehash(struct snapshot *snap)
{
	size_t n = snap->n_text_slots ? snap->n_text_slots * 2 : 256;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t id = 1; id < snap->n_texts; id++) {
		size_t at = hash_bytes(snap->texts[id], snap->text_lens[id]) & (n - 1);
		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = (uint32_t)id;
	}
	free(snap->text_slots);
	snap->text_slots = slots;
	snap->n_text_slots = n;
	return true;
}

static bool texts_grow(struct snapshot *snap)
{
	size_t room = snap->room_texts;

	if (!array_grow(&snap->texts, snap->n_texts, &room, sizeof(*snap->texts)))
		return false;
	room = snap->room_texts;
	if (!array_grow(&snap->text_lens, snap->n_texts, &room, sizeof(*snap->text_lens)))
		return false;
	snap->room_texts = room;
	if (!snap->n_texts) {
		snap->texts[0] = "";
		snap->text_lens[0] = 0;
		snap->n_texts = 1;
	}
	return snap->n_texts * 2 < snap->n_text_slots || texts_rehash(snap);
}

uint32_t snapshot_text_id(struct snapshot *snap, const char *bytes, size_t len)
{
	if (!len || len > UINT32_MAX || !texts_grow(snap))
		return 0;
	const size_t mask = snap->n_text_slots - 1;
	size_t at = hash_bytes(bytes, len) & mask;
	for (; snap->text_slots[at]; at = (at + 1) & mask) {
		uint32_t id = snap->text_slots[at];
		if (snap->text_lens[id] == len && !memcmp(snap->texts[id], bytes, len))
			return id;
	}
	const char *copy = arena_dup(&snap->arena, bytes, len);
	if (!copy)
		return 0;
	uint32_t id = (uint32_t)snap->n_texts++;
	snap->texts[id] = copy;
	snap->text_lens[id] = (uint32_t)len;
	snap->text_slots[at] = id;
	return id;
}

const char *snapshot_text(const struct snapshot *snap, uint32_t id, size_t *ret_len)
{
	const bool known = id && id < snap->n_texts;

	if (ret_len)
		*ret_len = known ? snap->text_lens[id] : 0;
	return known ? snap->texts[id] : "";
}
