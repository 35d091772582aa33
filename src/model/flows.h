/* SPDX-License-Identifier: MIT */
/*
 * The table of connections: (local, lport, remote, rport) to socket. Open addressing by cache
 * lines of four slots. A slot holds both ends of an IPv4 connection, so that one cache miss
 * decides; of IPv6 it holds a hash of the addresses, and the socket is looked at too.
 */
#ifndef BERTH_MODEL_FLOWS_H
#define BERTH_MODEL_FLOWS_H

#include "base/hash.h"
#include "model/state.h"

struct flow_key {
	struct akey local, remote;
	uint16_t lport, rport;
};

/* A key as the table compares it, and where its search begins. */
struct flow_place {
	uint64_t ends;	/* IPv4: local and remote address; else a hash of them */
	uint32_t ports; /* lport << 16 | rport */
	uint32_t hash;	/* of all: its line is in proportion, so a growing table keeps the order */
	bool hashed;	/* .ends is a hash */
};

struct flow_slot {
	uint64_t ends;
	uint32_t ports;
	uint32_t id; /* FLOW_ID of the socket (0: free), and flags */
};

enum { FLOW_SLOTS = 4 };

struct flow_line {
	struct flow_slot slots[FLOW_SLOTS];
} __attribute__((aligned(64)));

/*
 * FLOW_CLOSER: the socket is bound to a device, is a TIME_WAIT entry or has a twin; others need no
 * look at more than their ends. FLOW_HASHED: the addresses are to be compared too. FLOW_MORE, in
 * the last slot of a line: some that belong here were put into the next line.
 */
#define FLOW_CLOSER (1u << 31)
#define FLOW_HASHED (1u << 30)
#define FLOW_MORE   (1u << 29)
#define FLOW_ID	    (FLOW_MORE - 1)

/* Enter @id, whose .local.. are its key; sets .seq and F_HASHED. 0 or -ENOMEM. */
int flows_add(struct model_space *space, uint32_t id);
/* Enter @id in the place of @old, which leaves (a TIME_WAIT entry for its socket). */
void flows_replace(struct model_space *space, uint32_t old, uint32_t id);
void flows_remove(struct model_space *space, uint32_t id);
int flows_reserve(struct flows *flows, uint32_t n);
void flows_release(struct flows *flows);

/* Where a look-up of @key begins: for one that is done apart from finding, see flows_prefetch(). */
struct flow_place flows_place(const struct flow_key *key);

static inline uint32_t flows_hash(uint64_t ends, uint32_t ports)
{
	return (uint32_t)(hash_u64(ends ^ ports * 0x9e3779b97f4a7c15ull) >> 32);
}

/* Of an IPv4 connection; addresses in network order. */
static inline struct flow_place flows_place4(uint32_t local, uint32_t remote, uint32_t ports)
{
	uint64_t ends = (uint64_t)local << 32 | remote;

	return (struct flow_place){.ends = ends, .ports = ports, .hash = flows_hash(ends, ports)};
}

/*
 * The common case: the one socket of an IPv4 connection, in the first line, that needs no closer
 * look. 0: ask flows_find_at().
 */
static inline uint32_t flows_find_quickly(const struct flows *flows, const struct flow_place *place)
{
	if (!flows->n_lines)
		return 0;
	const struct flow_line *line = &flows->lines[(uint64_t)place->hash * flows->n_lines >> 32];
	for (unsigned k = 0; k < FLOW_SLOTS; k++) {
		const struct flow_slot *slot = &line->slots[k];
		if (slot->ends == place->ends && slot->ports == place->ports)
			return slot->id & (FLOW_CLOSER | FLOW_HASHED) ? 0 : slot->id & FLOW_ID;
	}
	return 0;
}

/*
 * The newest socket with these two ends that hears device @dif (slave @sdif of a VRF); 0 if none.
 * @l3_accept: unbound sockets hear VRFs. flows_find_at: with FLOW_CLOSER where it is set, for a
 * key whose place is known.
 */
struct hearing {
	uint32_t dif, sdif;
	bool l3_accept;
	bool all; /* every device */
};
uint32_t flows_find_at(const struct model_space *space, const struct flows *flows,
		       const struct flow_key *key, const struct flow_place *place,
		       const struct hearing *hearing);
static inline uint32_t flows_find(const struct model_space *space, const struct flows *flows,
				  const struct flow_key *key, const struct hearing *hearing)
{
	struct flow_place place = flows_place(key);

	return flows_find_at(space, flows, key, &place, hearing) & FLOW_ID;
}
/* Ask for the memory that a lookup will touch: the line, and when that is there the socket. */
void flows_prefetch(const struct flows *flows, const struct flow_place *place);
void flows_prefetch_sock(const struct model_space *space, const struct flows *flows,
			 const struct flow_place *place);
/* The device or state of @id changed. */
void flows_touch(struct model_space *space, uint32_t id);

/* Does a socket bound to device @bound hear it? (3.1) */
static inline bool hears(uint32_t bound, const struct hearing *hearing)
{
	if (hearing->all)
		return true;
	if (!bound)
		return !hearing->sdif || hearing->l3_accept;
	return bound == hearing->dif || bound == hearing->sdif;
}

static inline struct flows *flows_of(const struct model_space *space, enum sock_proto proto)
{
	return (struct flows *)&space->flows[proto == SOCK_PROTO_TCP   ? 0
					     : proto == SOCK_PROTO_UDP ? 1
								       : 2];
}

#endif
