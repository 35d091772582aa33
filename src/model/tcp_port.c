/* SPDX-License-Identifier: MIT */
/* TCP's bind buckets (net/ipv4/inet_connection_sock.c, inet_hashtables.c). */
#include "model/tcp_port.h"
#include "model/akey.h"
#include "model/buckets.h"
#include "model/load.h"

#include <errno.h>

static struct bucket_key port_key(const struct model_space *space, uint16_t port, uint32_t device)
{
	bool apart = device && !space->sysctls.tcp_l3mdev_accept &&
		     rule_on(space, MODEL_RULE_VRF_APART);

	return (struct bucket_key){
		.l3 = apart ? device_l3(space, device) : 0,
		.port = port,
		.kind = BUCKET_PORT,
		.proto = SOCK_PROTO_TCP,
	};
}

uint32_t tcp_bucket(const struct model_space *space, uint16_t port, uint32_t device)
{
	struct bucket_key key = port_key(space, port, device);

	return bucket_find(space, &key);
}

static bool reuse_of(const struct msock *sock)
{
	return sock->flags & F_REUSEADDR && sock->state != SOCK_STATE_LISTEN;
}

/* sk_reuseport_match() */
static bool memory_matches(const struct model_space *space, const struct bucket *tb,
			   const struct msock *sock)
{
	struct side remembered = {tb->f_addr, tb->f_v6, tb->f_only}, mine = side_of(sock);
	enum model_rule why;

	if (tb->frp <= 0 || !(sock->flags & F_REUSEPORT) || sock->group)
		return false;
	if (tb->f_uid != sock->uid && rule_on(space, MODEL_RULE_REUSEPORT_UID))
		return false;
	return tb->frp == MEMORY_ANY ||
	       sides_overlap(space, &remembered, &mine, WILD_A, &why);
}

/*
 * Of a port whose history was not seen: may it remember a SO_REUSEPORT user who helps? Such a user
 * is still there beside the holder, or could bind beside it thanks to a device.
 */
static bool memory_may_match(const struct asker *asker, uint32_t port, uint32_t holder)
{
	const struct model_space *space = asker->space;
	const struct msock *sk = asker->sock;

	if (!bucket_at(space, port)->loaded || !(sk->flags & F_REUSEPORT) || sk->group)
		return false;
	if (asker->assume.fact == MODEL_FACT_MEMORY)
		return asker->assume.value;
	if (sock_at(space, holder)->dev)
		return true;
	foreach_address(space, port, address) {
		foreach_owner(space, address, id) {
			const struct msock *o = sock_at(space, id);
			bool same = o->uid == sk->uid || o->unknown & MODEL_FACT_UID;
			bool shares = o->flags & F_REUSEPORT || o->unknown & MODEL_FACT_REUSEPORT;
			if (same && shares && id != asker->id && id != holder &&
			    o->state != SOCK_STATE_TIME_WAIT)
				return true;
		}
	}
	return false;
}

static void add_all(const struct asker *asker, uint32_t port, struct conflict *sum)
{
	foreach_address(asker->space, port, address)
		foreach_owner(asker->space, address, id)
			conflict_add(sum, asker, id, true, MODEL_RULE_OK);
}

static void add_address(const struct asker *asker, uint32_t port, struct akey addr,
			enum model_rule why, struct conflict *sum)
{
	const struct model_space *space = asker->space;
	const struct bucket *tb = bucket_at(space, port);
	struct bucket_key key = {addr, tb->l3, tb->port, BUCKET_ADDR, tb->proto};
	uint32_t address = bucket_find(space, &key);
	bool v4 = akey_kind(&asker->sock->local) == AKEY_MAPPED;

	if (!address || (why != MODEL_RULE_OK && !rule_on(space, why)))
		return;
	/* inet_bind2_bucket_match_addr_any() of 6.1 knew only :: as the wildcard of IPv6. */
	bool misses = !space->behaviour.mapped_wildcard && asker->sock->flags & F_V6 &&
		      akey_equal(addr, akey_v4(0));
	foreach_owner(space, address, id) {
		if (misses && sock_at(space, id)->flags & F_V6)
			continue;
		if (v4 && sock_at(space, id)->flags & F_V6ONLY &&
		    rule_on(space, MODEL_RULE_V6ONLY_APART))
			continue;
		conflict_add(sum, asker, id, false, why);
	}
}

/* Specific addresses look at their own bucket and those of the wildcards (inet_bhash2_conflict). */
static void add_others(const struct asker *asker, uint32_t port, struct conflict *sum)
{
	const struct model_space *space = asker->space;
	struct akey mine = asker->sock->local;
	bool v4 = akey_kind(&mine) == AKEY_MAPPED;

	if (!space->behaviour.bind_by_address || akey_is_any(&mine) ||
	    !rule_on(space, MODEL_RULE_ADDRESS_APART)) {
		add_all(asker, port, sum);
		return;
	}
	add_address(asker, port, (struct akey){{0, 0}},
		    v4 ? MODEL_RULE_DUAL_STACK : MODEL_RULE_WILDCARD, sum);
	if (v4)
		add_address(asker, port, akey_v4(0), MODEL_RULE_WILDCARD, sum);
	add_address(asker, port, mine, MODEL_RULE_OK, sum);
}

static void settle_free(struct conflict *sum)
{
	if (sum->tri == TRI_NO && sum->outcome.rule == MODEL_RULE_OK)
		sum->outcome.rule = MODEL_RULE_PORT_FREE;
}

void tcp_port_probe(const struct asker *asker, uint16_t port, struct conflict *ret)
{
	uint32_t tb = tcp_bucket(asker->space, port, asker->sock->dev);

	*ret = (struct conflict){0};
	if (tb)
		add_others(asker, tb, ret);
	settle_free(ret);
}

void tcp_port_check(const struct asker *asker, uint16_t port, struct conflict *ret)
{
	const struct model_space *space = asker->space;
	uint32_t id = tcp_bucket(space, port, asker->sock->dev);

	*ret = (struct conflict){0};
	if (id && bucket_at(space, id)->child) {
		const struct bucket *tb = bucket_at(space, id);
		if (space->behaviour.reuse_memory && rule_on(space, MODEL_RULE_REUSE_MEMORY) &&
		    tb->fr > 0 && reuse_of(asker->sock)) {
			ret->outcome.rule = MODEL_RULE_REUSE_MEMORY;
			return;
		}
		if (memory_matches(space, tb, asker->sock) &&
		    rule_on(space, MODEL_RULE_PORT_MEMORY)) {
			ret->outcome.rule = MODEL_RULE_PORT_MEMORY;
			return;
		}
		add_others(asker, id, ret);
		if (ret->tri == TRI_YES && memory_may_match(asker, id, ret->outcome.holder)) {
			ret->tri = asker->assume.fact == MODEL_FACT_MEMORY ? TRI_NO : TRI_UNSURE;
			ret->on = ret->outcome.holder;
			ret->fact = MODEL_FACT_MEMORY;
			if (ret->tri == TRI_NO)
				ret->outcome = (struct model_outcome){.rule = MODEL_RULE_PORT_MEMORY};
		}
	}
	settle_free(ret);
}

/* inet_csk_update_fastreuse(); @was_empty: nobody was on the port. */
static void remember(struct model_space *space, struct bucket *tb, const struct msock *sock,
		     bool was_empty)
{
	bool port = sock->flags & F_REUSEPORT;

	if (was_empty && space->behaviour.reuse_memory) {
		tb->fr = reuse_of(sock);
		tb->frp = port ? MEMORY_ANY : 0;
	} else {
		if (!reuse_of(sock))
			tb->fr = 0;
		if (!port)
			tb->frp = 0;
		else if (memory_matches(space, tb, sock))
			return;
		else
			tb->frp = MEMORY_STRICT;
	}
	if (!port)
		return;
	tb->f_uid = sock->uid;
	tb->f_addr = sock->local;
	tb->f_v6 = sock->flags & F_V6;
	tb->f_only = sock->flags & F_V6ONLY;
}

/* The two buckets of @sock on @port; a new one remembers @fresh (0, or -1: made by connect()). */
static int make_buckets(struct model_space *space, uint32_t id, uint16_t port, int8_t fresh,
			uint32_t ret[2], bool *ret_was_empty)
{
	const struct msock *sock = sock_at(space, id);
	struct bucket_key key = port_key(space, port, sock->dev);
	bool made;

	ret[0] = bucket_make(space, &key, &made);
	if (!ret[0])
		return -ENOMEM;
	if (made)
		bucket_at(space, ret[0])->fr = bucket_at(space, ret[0])->frp = fresh;
	*ret_was_empty = !bucket_at(space, ret[0])->child;
	ret[1] = bucket_make_addr(space, ret[0], sock->local, &made);
	if (!ret[1]) {
		if (*ret_was_empty)
			bucket_drop(space, ret[0]);
		return -ENOMEM;
	}
	if (made)
		bucket_at(space, ret[1])->fr = bucket_at(space, ret[1])->frp = fresh;
	return 0;
}

int tcp_port_take(struct model_space *space, uint32_t id, uint16_t port)
{
	struct msock *sock = sock_at(space, id);
	uint32_t buckets[2];
	bool was_empty;
	int r = make_buckets(space, id, port, 0, buckets, &was_empty);

	if (r)
		return r;
	struct bucket *tb = bucket_at(space, buckets[0]), *tb2 = bucket_at(space, buckets[1]);
	remember(space, tb, sock, was_empty);
	tb2->fr = tb->fr;
	tb2->frp = tb->frp;
	sock->lport = sock->shown_port = port;
	if (!sock->a)
		owner_link(space, buckets[1], id);
	return 0;
}

int tcp_port_take_connect(struct model_space *space, uint32_t id, uint16_t port)
{
	struct msock *sock = sock_at(space, id);
	uint32_t buckets[2];
	bool was_empty;
	int r = make_buckets(space, id, port, -1, buckets, &was_empty);

	if (r)
		return r;
	sock->lport = sock->shown_port = port;
	sock->flags |= F_CONNECT_BIND;
	owner_link(space, buckets[1], id);
	return 0;
}

int tcp_port_load(struct model_space *space, uint32_t id)
{
	uint32_t buckets[2];
	bool was_empty;
	int r = make_buckets(space, id, sock_at(space, id)->lport, 0, buckets, &was_empty);

	if (r)
		return r;
	struct bucket *port = bucket_at(space, buckets[0]);
	port->loaded = !port->told;
	owner_link(space, buckets[1], id);
	return 0;
}

void tcp_port_remind(struct model_space *space, uint32_t id, const struct model_memory *memory)
{
	struct bucket *address = bucket_at(space, sock_at(space, id)->a);
	struct bucket *port = bucket_at(space, address->parent);

	port->told = true;
	port->loaded = false;
	port->fr = address->fr = memory->reuse;
	port->frp = address->frp = memory->reuseport;
	port->f_uid = memory->uid;
	port->f_addr = akey_of(&memory->addr);
	port->f_v6 = memory->addr.family == ADDR_IPV6;
	port->f_only = memory->v6only;
}

int tcp_port_inherit(struct model_space *space, uint32_t id, uint32_t listener)
{
	struct msock *sock = sock_at(space, id), *from = sock_at(space, listener);
	uint32_t port = from->a ? bucket_at(space, from->a)->parent : 0, address;

	if (!port) {
		uint32_t buckets[2];
		bool was_empty;
		int r = make_buckets(space, id, sock->lport, 0, buckets, &was_empty);
		if (r)
			return r;
		address = buckets[1];
	} else {
		address = bucket_make_addr(space, port, sock->local, NULL);
	}
	if (!address)
		return -ENOMEM;
	owner_link(space, address, id);
	return 0;
}

void tcp_port_join(struct model_space *space, uint32_t id, uint32_t sock)
{
	owner_link(space, sock_at(space, sock)->a, id);
}

static bool memory_is_open(const struct bucket *bucket)
{
	return bucket->fr == -1 && bucket->frp == -1;
}

/* inet_bind2_bucket_destroy(): who stays may let connect() share again. */
static void after_leaving_address(struct model_space *space, uint32_t id)
{
	struct bucket *bucket = bucket_at(space, id);

	if (!bucket->head) {
		bucket_drop(space, id);
		return;
	}
	if (!space->behaviour.connect_returns || !rule_on(space, MODEL_RULE_CONNECT_RETURNS) ||
	    memory_is_open(bucket))
		return;
	foreach_owner(space, id, owner)
		if (!(sock_at(space, owner)->flags & F_CONNECT_BIND))
			return;
	bucket->fr = bucket->frp = -1;
}

/* inet_bind_bucket_destroy() */
static void after_leaving_port(struct model_space *space, uint32_t id)
{
	struct bucket *bucket = bucket_at(space, id);

	if (!bucket->child) {
		bucket_drop(space, id);
		return;
	}
	if (!space->behaviour.connect_returns || !rule_on(space, MODEL_RULE_CONNECT_RETURNS) ||
	    memory_is_open(bucket))
		return;
	foreach_address(space, id, address)
		if (!memory_is_open(bucket_at(space, address)))
			return;
	bucket->fr = bucket->frp = -1;
}

void tcp_port_leave(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	uint32_t address = sock->a;

	sock->lport = 0;
	sock->flags &= ~F_CONNECT_BIND;
	if (!address)
		return;
	uint32_t port = bucket_at(space, address)->parent;
	owner_unlink(space, id);
	after_leaving_address(space, address);
	after_leaving_port(space, port);
}

int tcp_address_set(struct model_space *space, uint32_t id, struct akey addr)
{
	struct msock *sock = sock_at(space, id);
	uint32_t old = sock->a;

	if (!old || akey_equal(sock->local, addr)) {
		sock->local = addr;
		return 0;
	}
	/* The new bucket first: it may not be had, and the port must not be dropped between. */
	uint32_t port = bucket_at(space, old)->parent;
	bool made;
	uint32_t address = bucket_make_addr(space, port, addr, &made);
	if (!address)
		return -ENOMEM;
	if (made && sock->flags & F_CONNECT_BIND)
		bucket_at(space, address)->fr = bucket_at(space, address)->frp = -1;
	owner_unlink(space, id);
	after_leaving_address(space, old);
	sock->local = addr;
	owner_link(space, address, id);
	return 0;
}
