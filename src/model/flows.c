/* SPDX-License-Identifier: MIT */
/* The table of connections; its shape is told in flows.h. */
#include "model/flows.h"
#include "base/hash.h"
#include "base/pages.h"
#include "model/akey.h"

#include <errno.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The line follows from the tag alone, so that a growing table needs no look at the sockets. */
struct place {
	uint32_t tag;
	uint32_t hash;
};

static struct place place_of_tag(uint32_t tag)
{
	return (struct place){tag, (uint32_t)hash_u64(tag)};
}

static struct place place_of(struct akey local, struct akey remote, uint16_t lport, uint16_t rport)
{
	uint64_t addresses = local.w[0] * 0x9e3779b97f4a7c15ull + local.w[1];
	uint32_t ports = (uint32_t)lport << 16 | rport;

	addresses = (addresses ^ addresses >> 29) * 0xbf58476d1ce4e5b9ull + remote.w[0];
	addresses = (addresses ^ addresses >> 31) * 0x94d049bb133111ebull + remote.w[1];
	addresses = (addresses ^ addresses >> 30) * 0xff51afd7ed558ccdull;
	addresses ^= addresses >> 32;
	return place_of_tag(ports ^ (uint32_t)addresses);
}

static struct place place_of_sock(const struct msock *sock)
{
	return place_of(sock->local, sock->remote, sock->lport, sock->rport);
}

/* A bit for each of the line's tags that equals @tag. */
static unsigned line_matches(const struct flow_line *line, uint32_t tag)
{
#ifdef __SSE2__
	__m128i want = _mm_set1_epi32((int)tag);
	__m128i low = _mm_load_si128((const __m128i *)line->tags);
	__m128i high = _mm_load_si128((const __m128i *)(line->tags + 4));
	int l = _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(low, want)));
	int h = _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(high, want)));
	return (unsigned)(l | h << 4);
#else
	unsigned bits = 0;
	for (unsigned i = 0; i < 8; i++)
		bits |= (unsigned)(line->tags[i] == tag) << i;
	return bits;
#endif
}

/* A search goes on past lines that are full (dead entries count as full). */
static bool line_has_end(const struct flow_line *line)
{
	return !line->ids[7];
}

static void put(struct flows *flows, uint32_t id, const struct place *place)
{
	uint32_t mask = flows->n_lines - 1;

	for (uint32_t i = place->hash & mask;; i = (i + 1) & mask) {
		struct flow_line *line = &flows->lines[i];
		for (unsigned k = 0; k < 8; k++) {
			if (line->ids[k] && line->ids[k] != FLOW_DEAD)
				continue;
			if (line->ids[k])
				flows->dead--;
			line->ids[k] = id;
			line->tags[k] = place->tag;
			flows->used++;
			return;
		}
	}
}

static int rehash(struct flows *flows, uint32_t n_lines)
{
	struct flows bigger = {.n_lines = n_lines};

	bigger.lines = pages_alloc((size_t)n_lines * sizeof(*bigger.lines));
	if (!bigger.lines)
		return -ENOMEM;
	for (uint32_t i = 0; i < flows->n_lines; i++) {
		for (unsigned k = 0; k < 8; k++) {
			uint32_t id = flows->lines[i].ids[k];
			if (!id || id == FLOW_DEAD)
				continue;
			struct place place = place_of_tag(flows->lines[i].tags[k]);
			put(&bigger, id, &place);
		}
	}
	flows_release(flows);
	*flows = bigger;
	return 0;
}

int flows_reserve(struct flows *flows, uint32_t n)
{
	/* At most 13/16 full: then a lookup rarely needs a second line. */
	uint64_t want = 1;

	while (want * 8 * 13 / 16 < n)
		want *= 2;
	if (want > UINT32_MAX / 16)
		return -ENOMEM;
	return want > flows->n_lines ? rehash(flows, (uint32_t)want) : 0;
}

void flows_release(struct flows *flows)
{
	pages_free(flows->lines, (size_t)flows->n_lines * sizeof(*flows->lines));
	*flows = (struct flows){0};
}

/* The tag is the ports, mixed with the addresses: with equal tags and addresses they are equal. */
static bool same_addresses(const struct msock *sock, const struct flow_key *key)
{
	return akey_equal(sock->remote, key->remote) && akey_equal(sock->local, key->local);
}

static uint32_t marked(const struct msock *sock, uint32_t id)
{
	bool closer = sock->dev || sock->flags & F_TWIN || sock->state == SOCK_STATE_TIME_WAIT;

	return closer ? id | FLOW_CLOSER : id;
}

/* Where @id stands: its line and slot. It must be in the table. */
static struct flow_line *find_slot(const struct model_space *space, const struct flows *flows,
				   uint32_t id, unsigned *ret_slot)
{
	struct place place = place_of_sock(sock_at(space, id));
	uint32_t mask = flows->n_lines - 1;

	for (uint32_t i = place.hash & mask;; i = (i + 1) & mask) {
		struct flow_line *line = &flows->lines[i];
		for (unsigned k = 0; k < 8; k++) {
			if (line->ids[k] != FLOW_DEAD && (line->ids[k] & ~FLOW_CLOSER) == id) {
				*ret_slot = k;
				return line;
			}
		}
		if (line_has_end(line))
			return NULL;
	}
}

/* Mark @id and the sockets with its two ends as twins, so that lookups compare their age. */
static void mark_twins(const struct model_space *space, struct flows *flows, uint32_t id,
		       const struct place *place)
{
	struct msock *sock = sock_at(space, id);
	struct flow_key key = {sock->local, sock->remote, sock->lport, sock->rport};
	uint32_t mask = flows->n_lines - 1;

	for (uint32_t i = place->hash & mask;; i = (i + 1) & mask) {
		struct flow_line *line = &flows->lines[i];
		for (unsigned bits = line_matches(line, place->tag); bits; bits &= bits - 1) {
			uint32_t *slot = &line->ids[__builtin_ctz(bits)];
			if (!*slot || *slot == FLOW_DEAD)
				continue;
			struct msock *other = sock_at(space, *slot & ~FLOW_CLOSER);
			if (!same_addresses(other, &key))
				continue;
			other->flags |= F_TWIN;
			*slot |= FLOW_CLOSER;
			sock->flags |= F_TWIN;
		}
		if (line_has_end(line))
			return;
	}
}

int flows_add(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	struct flows *flows = flows_of(space, msock_proto(sock));
	struct place place = place_of_sock(sock);

	if ((uint64_t)flows->used + flows->dead + 1 > (uint64_t)flows->n_lines * 8 * 13 / 16) {
		int r = rehash(flows,
			       flows->dead > flows->used ? flows->n_lines
			       : flows->n_lines		 ? flows->n_lines * 2
							 : 1);
		if (r)
			return r;
	}
	sock->seq = ++space->seq;
	sock->flags = (sock->flags | F_HASHED) & ~F_TWIN;
	mark_twins(space, flows, id, &place);
	put(flows, marked(sock, id), &place);
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
	line->ids[slot] = marked(to, id);
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
	if (line_has_end(line)) {
		/* Entries fill a line from the front: close the gap. */
		unsigned last = 7;
		while (!line->ids[last])
			last--;
		line->ids[slot] = line->ids[last];
		line->tags[slot] = line->tags[last];
		line->ids[last] = 0;
		line->tags[last] = 0;
	} else {
		line->ids[slot] = FLOW_DEAD;
		flows->dead++;
	}
}

uint32_t flows_tag(const struct flow_key *key)
{
	return place_of(key->local, key->remote, key->lport, key->rport).tag;
}

void flows_prefetch(const struct flows *flows, uint32_t tag)
{
	if (flows->n_lines)
		__builtin_prefetch(&flows->lines[place_of_tag(tag).hash & (flows->n_lines - 1)]);
}

void flows_prefetch_sock(const struct model_space *space, const struct flows *flows, uint32_t tag)
{
	if (!flows->n_lines)
		return;
	const struct flow_line *line = &flows->lines[place_of_tag(tag).hash & (flows->n_lines - 1)];
	unsigned bits = line_matches(line, tag);
	uint32_t id = bits ? line->ids[__builtin_ctz(bits)] : 0;
	if (id && id != FLOW_DEAD)
		__builtin_prefetch(sock_at(space, id & ~FLOW_CLOSER));
}

void flows_touch(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	unsigned slot;

	if (!(sock->flags & F_HASHED))
		return;
	struct flow_line *line = find_slot(space, flows_of(space, msock_proto(sock)), id, &slot);
	if (line)
		line->ids[slot] = marked(sock, id);
}

uint32_t flows_find_tagged(const struct model_space *space, const struct flows *flows,
			   const struct flow_key *key, uint32_t tag, const struct hearing *hearing)
{
	if (!flows->n_lines)
		return 0;
	struct place place = place_of_tag(tag);
	uint32_t mask = flows->n_lines - 1, best = 0, best_seq = 0;

	for (uint32_t i = place.hash & mask;; i = (i + 1) & mask) {
		const struct flow_line *line = &flows->lines[i];
		for (unsigned bits = line_matches(line, place.tag); bits; bits &= bits - 1) {
			uint32_t id = line->ids[__builtin_ctz(bits)];
			if (!id || id == FLOW_DEAD)
				continue;
			const struct msock *sock = sock_at(space, id & ~FLOW_CLOSER);
			if (!same_addresses(sock, key))
				continue;
			if (!(id & FLOW_CLOSER))
				return hears(0, hearing) ? id : 0;
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
		if (line_has_end(line))
			return best;
	}
}
