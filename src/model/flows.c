/* SPDX-License-Identifier: MIT */
/* The table of connections; its shape is told in flows.h. */
#include "model/flows.h"
#include "base/pages.h"
#include "model/akey.h"

#include <errno.h>
#include <stdlib.h>

/* Sockets in four lines before the table grows: a lookup then rarely needs a second one. */
enum { FULL = 11 };

static uint64_t mix(uint64_t x, uint64_t y)
{
	x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9ull + y;
	return x ^ x >> 32;
}

/* The first word of an IPv4-mapped address is 0, the second begins so. */
static bool is_mapped(struct akey addr)
{
	return !addr.w[0] && (uint32_t)addr.w[1] == (uint32_t)akey_v4(0).w[1];
}

struct flow_place flows_place(const struct flow_key *key)
{
	const uint32_t ports = (uint32_t)key->lport << 16 | key->rport;

	if (is_mapped(key->local) && is_mapped(key->remote))
		return flows_place4(akey_word(&key->local, 3), akey_word(&key->remote, 3), ports);
	uint64_t ends = mix(mix(mix(mix(0, key->local.w[0]), key->local.w[1]), key->remote.w[0]),
			    key->remote.w[1]);
	return (struct flow_place){ends, ports, flows_hash(ends, ports), true};
}

static struct flow_place place_of_sock(const struct msock *sock)
{
	struct flow_key key = {sock->local, sock->remote, sock->lport, sock->rport};

	return flows_place(&key);
}

static inline uint32_t first_line(const struct flows *flows, const struct flow_place *place)
{
	return (uint32_t)((uint64_t)place->hash * flows->n_lines >> 32);
}

static inline uint32_t next_line(const struct flows *flows, uint32_t line)
{
	return line + 1 == flows->n_lines ? 0 : line + 1;
}

static inline bool line_goes_on(const struct flow_line *line)
{
	return line->slots[FLOW_SLOTS - 1].id & FLOW_MORE;
}

static void put(struct flows *flows, uint32_t id, const struct flow_place *place)
{
	for (uint32_t i = first_line(flows, place);; i = next_line(flows, i)) {
		struct flow_line *line = &flows->lines[i];
		for (unsigned k = 0; k < FLOW_SLOTS; k++) {
			uint32_t old = line->slots[k].id;
			if (old & FLOW_ID)
				continue;
			line->slots[k] = (struct flow_slot){place->ends, place->ports, old | id};
			flows->used++;
			return;
		}
		flows->n_more += !line_goes_on(line);
		line->slots[FLOW_SLOTS - 1].id |= FLOW_MORE;
	}
}

/* The lines follow from the slots alone, so that a growing table needs no look at the sockets. */
static int rehash(struct flows *flows, uint32_t n_lines)
{
	struct flows bigger = {.n_lines = n_lines};

	bigger.lines = pages_alloc((size_t)n_lines * sizeof(*bigger.lines));
	if (!bigger.lines)
		return -ENOMEM;
	for (uint32_t i = 0; i < flows->n_lines; i++) {
		for (unsigned k = 0; k < FLOW_SLOTS; k++) {
			const struct flow_slot *slot = &flows->lines[i].slots[k];
			if (!(slot->id & FLOW_ID))
				continue;
			struct flow_place place = {
				.ends = slot->ends,
				.ports = slot->ports,
				.hash = flows_hash(slot->ends, slot->ports),
			};
			put(&bigger, slot->id & ~FLOW_MORE, &place);
		}
	}
	flows_release(flows);
	*flows = bigger;
	return 0;
}

int flows_reserve(struct flows *flows, uint32_t n)
{
	uint64_t want = (uint64_t)n * 4 / FULL + 1;

	if (want > UINT32_MAX / 16)
		return -ENOMEM;
	return want > flows->n_lines ? rehash(flows, (uint32_t)want) : 0;
}

void flows_release(struct flows *flows)
{
	pages_free(flows->lines, (size_t)flows->n_lines * sizeof(*flows->lines));
	*flows = (struct flows){0};
}

static bool same_addresses(const struct msock *sock, const struct flow_key *key)
{
	return akey_equal(sock->remote, key->remote) && akey_equal(sock->local, key->local);
}

/* @flags: of the slot, that stay. */
static uint32_t marked(const struct msock *sock, uint32_t id, uint32_t flags)
{
	bool closer = sock->dev || sock->flags & F_TWIN || sock->state == SOCK_STATE_TIME_WAIT;

	return id | flags | (closer ? FLOW_CLOSER : 0);
}

/* Where @id stands. NULL: not in the table. */
static struct flow_line *find_slot(const struct model_space *space, const struct flows *flows,
				   uint32_t id, unsigned *ret_slot)
{
	struct flow_place place = place_of_sock(sock_at(space, id));
	uint32_t i = first_line(flows, &place);

	for (uint32_t left = flows->n_lines; left; left--, i = next_line(flows, i)) {
		struct flow_line *line = &flows->lines[i];
		for (unsigned k = 0; k < FLOW_SLOTS; k++) {
			if ((line->slots[k].id & FLOW_ID) == id) {
				*ret_slot = k;
				return line;
			}
		}
		if (!line_goes_on(line))
			break;
	}
	return NULL;
}

/* Has the slot these two ends? For IPv4 it tells itself, for IPv6 the socket does. */
static inline bool slot_matches(const struct model_space *space, const struct flow_slot *slot,
				const struct flow_key *key, const struct flow_place *place)
{
	if (slot->ends != place->ends || slot->ports != place->ports || !(slot->id & FLOW_ID) ||
	    place->hashed != !!(slot->id & FLOW_HASHED))
		return false;
	return !place->hashed || same_addresses(sock_at(space, slot->id & FLOW_ID), key);
}

/* Mark @id and the sockets with its two ends as twins, so that lookups compare their age. */
static void mark_twins(const struct model_space *space, struct flows *flows, uint32_t id,
		       const struct flow_place *place)
{
	struct msock *sock = sock_at(space, id);
	struct flow_key key = {sock->local, sock->remote, sock->lport, sock->rport};
	uint32_t i = first_line(flows, place);

	for (uint32_t left = flows->n_lines; left; left--, i = next_line(flows, i)) {
		struct flow_line *line = &flows->lines[i];
		for (unsigned k = 0; k < FLOW_SLOTS; k++) {
			if (!slot_matches(space, &line->slots[k], &key, place))
				continue;
			sock_at(space, line->slots[k].id & FLOW_ID)->flags |= F_TWIN;
			line->slots[k].id |= FLOW_CLOSER;
			sock->flags |= F_TWIN;
		}
		if (!line_goes_on(line))
			return;
	}
}

static int make_room(struct flows *flows)
{
	if (((uint64_t)flows->used + 1) * 4 > (uint64_t)flows->n_lines * FULL)
		/* By a fifth: the order of the lines stays, so growing is cheap, memory is not. */
		return rehash(flows, flows->n_lines + flows->n_lines / 5 + 2);
	/* Where sockets come and go, lines that were full once send searches on for nothing. */
	if ((uint64_t)flows->n_more * 2 > flows->n_lines)
		return rehash(flows, flows->n_lines);
	return 0;
}

int flows_add(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	struct flows *flows = flows_of(space, msock_proto(sock));
	struct flow_place place = place_of_sock(sock);
	int r = make_room(flows);

	if (r)
		return r;
	sock->seq = ++space->seq;
	sock->flags = (sock->flags | F_HASHED) & ~F_TWIN;
	mark_twins(space, flows, id, &place);
	put(flows, marked(sock, id, place.hashed ? FLOW_HASHED : 0), &place);
	return 0;
}

void flows_replace(struct model_space *space, uint32_t old, uint32_t id)
{
	struct msock *from = sock_at(space, old), *to = sock_at(space, id);
	unsigned slot;
	struct flow_line *line = find_slot(space, flows_of(space, msock_proto(from)), old, &slot);

	if (!line)
		return;
	to->seq = from->seq;
	to->flags |= F_HASHED | (from->flags & F_TWIN);
	line->slots[slot].id = marked(to, id, line->slots[slot].id & (FLOW_HASHED | FLOW_MORE));
	from->flags &= ~(F_HASHED | F_TWIN);
}

void flows_remove(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	struct flows *flows = flows_of(space, msock_proto(sock));
	unsigned slot;

	if (!(sock->flags & F_HASHED))
		return;
	sock->flags &= ~F_HASHED;
	struct flow_line *line = find_slot(space, flows, id, &slot);
	if (!line)
		return;
	flows->used--;
	line->slots[slot] = (struct flow_slot){.id = line->slots[slot].id & FLOW_MORE};
}

void flows_prefetch(const struct flows *flows, const struct flow_place *place)
{
	if (flows->n_lines)
		__builtin_prefetch(&flows->lines[first_line(flows, place)]);
}

void flows_prefetch_sock(const struct model_space *space, const struct flows *flows,
			 const struct flow_place *place)
{
	if (!flows->n_lines || !place->hashed)
		return;
	const struct flow_line *line = &flows->lines[first_line(flows, place)];
	for (unsigned k = 0; k < FLOW_SLOTS; k++)
		if (line->slots[k].ends == place->ends && line->slots[k].id & FLOW_ID)
			__builtin_prefetch(sock_at(space, line->slots[k].id & FLOW_ID));
}

void flows_touch(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	unsigned slot;

	if (!(sock->flags & F_HASHED))
		return;
	struct flow_line *line = find_slot(space, flows_of(space, msock_proto(sock)), id, &slot);
	if (line)
		line->slots[slot].id = marked(sock, id, line->slots[slot].id & (FLOW_HASHED | FLOW_MORE));
}

uint32_t flows_find_at(const struct model_space *space, const struct flows *flows,
		       const struct flow_key *key, const struct flow_place *place,
		       const struct hearing *hearing)
{
	uint32_t best = 0, best_seq = 0, i = first_line(flows, place);

	for (uint32_t left = flows->n_lines; left; left--, i = next_line(flows, i)) {
		const struct flow_line *line = &flows->lines[i];
		for (unsigned k = 0; k < FLOW_SLOTS; k++) {
			const uint32_t id = line->slots[k].id & ~(FLOW_HASHED | FLOW_MORE);
			if (!slot_matches(space, &line->slots[k], key, place))
				continue;
			if (!(id & FLOW_CLOSER))
				return hears(0, hearing) ? id : 0;
			const struct msock *sock = sock_at(space, id & FLOW_ID);
			if (!hears(sock->dev, hearing))
				continue;
			if (!(sock->flags & F_TWIN))
				return id;
			bool newer = sock->seq > best_seq;
			if (!best || newer == rule_on(space, MODEL_RULE_NEWEST_FIRST)) {
				best = id;
				best_seq = sock->seq;
			}
		}
		if (!line_goes_on(line))
			break;
	}
	return best;
}
