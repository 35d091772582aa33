/* SPDX-License-Identifier: MIT */
/* One pool and one hash for the buckets of every kind. */
#include "model/buckets.h"
#include "base/hash.h"
#include "model/akey.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t key_hash(const struct bucket_key *key)
{
	uint64_t small = (uint64_t)key->l3 << 32 | (uint64_t)key->port << 16 |
			 (uint64_t)key->kind << 8 | key->proto;

	return (uint32_t)hash_u64(hash_u64(small ^ key->addr.w[0] * 0x9e3779b97f4a7c15ull) ^
				  key->addr.w[1]);
}

static struct bucket_key key_of(const struct bucket *bucket)
{
	return (struct bucket_key){
		.addr = bucket->addr,
		.l3 = bucket->l3,
		.port = bucket->port,
		.kind = bucket->kind,
		.proto = bucket->proto,
	};
}

uint32_t bucket_find(const struct model_space *space, const struct bucket_key *key)
{
	if (!space->n_bucket_slots)
		return 0;
	uint32_t id = space->bucket_slots[key_hash(key) & (space->n_bucket_slots - 1)];
	for (; id; id = bucket_at(space, id)->hash_next) {
		const struct bucket *bucket = bucket_at(space, id);
		if (bucket->port == key->port && bucket->kind == key->kind &&
		    bucket->proto == key->proto && bucket->l3 == key->l3 &&
		    akey_equal(bucket->addr, key->addr))
			return id;
	}
	return 0;
}

static int grow_slots(struct model_space *space)
{
	uint32_t n = space->n_bucket_slots ? space->n_bucket_slots * 2 : 64;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < space->n_bucket_slots; i++) {
		for (uint32_t id = space->bucket_slots[i], next; id; id = next) {
			struct bucket *bucket = bucket_at(space, id);
			struct bucket_key key = key_of(bucket);
			uint32_t *slot = &slots[key_hash(&key) & (n - 1)];
			next = bucket->hash_next;
			bucket->hash_next = *slot;
			*slot = id;
		}
	}
	free(space->bucket_slots);
	space->bucket_slots = slots;
	space->n_bucket_slots = n;
	return 0;
}

static uint32_t take_record(struct model_space *space)
{
	uint32_t id = space->free_bucket;

	if (id) {
		space->free_bucket = bucket_at(space, id)->next;
		return id;
	}
	if (array_room(&space->buckets, space->n_buckets, &space->room_buckets,
		       sizeof(*space->buckets)))
		return 0;
	return ++space->n_buckets;
}

uint32_t bucket_make(struct model_space *space, const struct bucket_key *key, bool *ret_made)
{
	uint32_t id = bucket_find(space, key);

	if (ret_made)
		*ret_made = !id;
	if (id)
		return id;
	if (space->used_buckets >= space->n_bucket_slots && grow_slots(space))
		return 0;
	id = take_record(space);
	if (!id)
		return 0;
	uint32_t *slot = &space->bucket_slots[key_hash(key) & (space->n_bucket_slots - 1)];
	*bucket_at(space, id) = (struct bucket){
		.addr = key->addr,
		.l3 = key->l3,
		.port = key->port,
		.kind = key->kind,
		.proto = key->proto,
		.hash_next = *slot,
	};
	*slot = id;
	space->used_buckets++;
	return id;
}

uint32_t bucket_make_addr(struct model_space *space, uint32_t port, struct akey addr,
			  bool *ret_made)
{
	const struct bucket *parent = bucket_at(space, port);
	struct bucket_key key = {addr, parent->l3, parent->port, BUCKET_ADDR, parent->proto};
	bool made;
	uint32_t id = bucket_make(space, &key, &made);

	if (ret_made)
		*ret_made = made;
	if (!id || !made)
		return id;
	struct bucket *bucket = bucket_at(space, id), *up = bucket_at(space, port);
	bucket->parent = port;
	bucket->next = up->child;
	if (up->child)
		bucket_at(space, up->child)->prev = id;
	up->child = id;
	return id;
}

void bucket_drop(struct model_space *space, uint32_t id)
{
	struct bucket *bucket = bucket_at(space, id);
	struct bucket_key key = key_of(bucket);
	uint32_t *slot = &space->bucket_slots[key_hash(&key) & (space->n_bucket_slots - 1)];

	while (*slot != id)
		slot = &bucket_at(space, *slot)->hash_next;
	*slot = bucket->hash_next;
	if (bucket->parent) {
		if (bucket->prev)
			bucket_at(space, bucket->prev)->next = bucket->next;
		else
			bucket_at(space, bucket->parent)->child = bucket->next;
		if (bucket->next)
			bucket_at(space, bucket->next)->prev = bucket->prev;
	}
	*bucket = (struct bucket){.next = space->free_bucket};
	space->free_bucket = id;
	space->used_buckets--;
}

void owner_link(struct model_space *space, uint32_t id, uint32_t sock)
{
	struct bucket *bucket = bucket_at(space, id);
	struct msock *sk = sock_at(space, sock);
	bool at_tail = bucket->kind == BUCKET_PORT && sk->flags & F_V6 && sk->flags & F_REUSEPORT &&
		       !(sk->flags & F_PLACED) && rule_on(space, MODEL_RULE_REUSEPORT_TAIL);

	sk->a = id;
	bucket->count++;
	if (at_tail && bucket->tail) {
		sk->a_next = 0;
		sk->a_prev = bucket->tail;
		sock_at(space, bucket->tail)->a_next = sock;
		bucket->tail = sock;
		return;
	}
	sk->a_prev = 0;
	sk->a_next = bucket->head;
	if (bucket->head)
		sock_at(space, bucket->head)->a_prev = sock;
	else
		bucket->tail = sock;
	bucket->head = sock;
}

void owner_unlink(struct model_space *space, uint32_t sock)
{
	struct msock *sk = sock_at(space, sock);

	if (!sk->a)
		return;
	struct bucket *bucket = bucket_at(space, sk->a);
	if (sk->a_prev)
		sock_at(space, sk->a_prev)->a_next = sk->a_next;
	else
		bucket->head = sk->a_next;
	if (sk->a_next)
		sock_at(space, sk->a_next)->a_prev = sk->a_prev;
	else
		bucket->tail = sk->a_prev;
	bucket->count--;
	sk->a = sk->a_next = sk->a_prev = 0;
}

void chain_link(struct model_space *space, uint32_t id, uint32_t sock, bool at_tail)
{
	struct bucket *bucket = bucket_at(space, id);
	struct msock *sk = sock_at(space, sock);

	sk->b = id;
	bucket->count++;
	if (at_tail && bucket->tail) {
		sk->b_next = 0;
		sk->b_prev = bucket->tail;
		sock_at(space, bucket->tail)->b_next = sock;
		bucket->tail = sock;
		return;
	}
	sk->b_prev = 0;
	sk->b_next = bucket->head;
	if (bucket->head)
		sock_at(space, bucket->head)->b_prev = sock;
	else
		bucket->tail = sock;
	bucket->head = sock;
}

void chain_unlink(struct model_space *space, uint32_t sock)
{
	struct msock *sk = sock_at(space, sock);

	if (!sk->b)
		return;
	struct bucket *bucket = bucket_at(space, sk->b);
	if (sk->b_prev)
		sock_at(space, sk->b_prev)->b_next = sk->b_next;
	else
		bucket->head = sk->b_next;
	if (sk->b_next)
		sock_at(space, sk->b_next)->b_prev = sk->b_prev;
	else
		bucket->tail = sk->b_prev;
	if (!--bucket->count)
		bucket_drop(space, sk->b);
	sk->b = sk->b_next = sk->b_prev = 0;
}

uint32_t device_l3(const struct model_space *space, uint32_t device)
{
	for (uint32_t i = 0; i < space->n_devices; i++)
		if (space->devices[i].index == device)
			return space->devices[i].master;
	return 0;
}
