/* SPDX-License-Identifier: MIT */
/*
 * Inside the model: what is kept of each socket and port. Only model/ includes this.
 *
 * A socket is 96 bytes, its addresses (the first 32) on one cache line, so that a lookup costs the
 * line of the index and one of the socket. IPv4 addresses are kept IPv4-mapped. Sockets live in
 * chunks that never move; ids are 1 based.
 */
#ifndef BERTH_MODEL_STATE_H
#define BERTH_MODEL_STATE_H

#include <assert.h>
#include <string.h>

#include "core/addr.h"
#include "core/sock.h"
#include "model/space.h"
#include "model/verdict.h"

struct akey {
	uint64_t w[2]; /* the 16 bytes as they stand */
};

enum akey_kind { AKEY_ANY, AKEY_MAPPED, AKEY_V6 };

enum msock_flag {
	F_V6 = 1 << 0,		/* an AF_INET6 socket */
	F_UDP = 1 << 1,
	F_LITE = 1 << 2,	/* UDP-Lite (with F_UDP) */
	F_REUSEADDR = 1 << 3,
	F_REUSEPORT = 1 << 4,
	F_V6ONLY = 1 << 5,
	F_LOCK_ADDR = 1 << 6,	/* bind() named the address */
	F_LOCK_PORT = 1 << 7,	/* bind() named the port */
	F_CONNECT_BIND = 1 << 8, /* connect() chose the port */
	F_NO_PORT = 1 << 9,	/* IP_BIND_ADDRESS_NO_PORT */
	F_FREEBIND = 1 << 10,	/* or IP_TRANSPARENT */
	F_NO_SOURCE = 1 << 11,	/* bound to multicast or broadcast: not a source address */
	F_MCAST_ALL = 1 << 12,	/* IP_MULTICAST_ALL */
	F_MCAST6_ALL = 1 << 13,
	F_BROADCAST = 1 << 14,
	F_PROGRAM = 1 << 15,	/* SO_ATTACH_REUSEPORT_*: the group was made early */
	F_ACCEPTED = 1 << 16,	/* a listener's child */
	F_PENDING = 1 << 17,	/* not accepted yet */
	F_ORPHAN = 1 << 18,	/* no file any more */
	F_HASHED = 1 << 19,	/* in the flow table (UDP: the 4-tuple table) */
	F_STALE4 = 1 << 20,	/* UDP: 4-tuple key no longer its own */
	F_TWIN = 1 << 21,	/* another socket has the same two ends */
	F_TIMESTAMPS = 1 << 22,	/* the connection used them */
	F_REMOTE = 1 << 23,	/* UDP: has a peer (the address may be stale) */
	F_FIN_WAIT2 = 1 << 24,	/* TIME_WAIT in substate FIN_WAIT2 */
	F_LOADED = 1 << 25,	/* read from a machine: order and port memory unknown */
	F_TRANSPARENT = 1 << 26,
	F_USED = 1 << 27,	/* the record is in use */
	F_PLACED = 1 << 28,	/* read from a machine with all its state: it is told its places */
	F_MAPPED_SOURCE = 1 << 29, /* bound to IPv6 multicast after ::ffff:A, which stays the source */
};

/* struct socket's own state, apart from the protocol's. */
enum file_state { FILE_UNCONNECTED, FILE_CONNECTED };

struct msock {
	struct akey local, remote;
	uint16_t lport, rport; /* host order */
	uint32_t dev;
	union {
		uint32_t uid;
		uint32_t since_ms; /* TIME_WAIT: when it began */
	};
	uint32_t seq; /* order of entry in the flow table */
	uint32_t flags;
	uint8_t state;	 /* enum sock_state */
	uint8_t unknown; /* enum model_fact */
	uint8_t file;	 /* enum file_state */
	uint8_t family_of_remote; /* UDP: 4 or 6 of the connected peer */
	int16_t cpu;	 /* SO_INCOMING_CPU or where it last received; -1 */
	uint16_t shown_port; /* getsockname()'s */
	uint16_t range_low, range_high; /* IP_LOCAL_PORT_RANGE; 0: none */
	uint32_t group; /* SO_REUSEPORT group; 0: none */
	uint32_t peer;	/* the other end when it is of this space; 0: none */
	/*
	 * a: owners of the bind bucket (TCP: port and address; UDP: port)
	 * b: chain of (port, address): TCP listeners, UDP sockets
	 */
	uint32_t a_next, a_prev, b_next, b_prev;
	uint32_t a, b; /* bucket ids; 0: none */
};
static_assert(sizeof(struct msock) == 96, "a socket is one and a half cache lines");

enum bucket_kind {
	BUCKET_PORT, /* TCP: a port (and VRF), parent of BUCKET_ADDR. UDP: the chain of a port */
	BUCKET_ADDR, /* TCP: sockets bound to a port and address */
	BUCKET_CHAIN, /* TCP listeners, or UDP sockets, of a port and address */
};

enum { MEMORY_ANY = 1, MEMORY_STRICT = 2 }; /* FASTREUSEPORT_* */

struct bucket {
	struct akey addr;
	uint16_t port;
	uint8_t kind, proto; /* enum bucket_kind; enum sock_proto */
	uint32_t l3;
	uint32_t head, tail; /* sockets */
	uint32_t count;
	uint32_t parent;	/* BUCKET_ADDR: its BUCKET_PORT */
	uint32_t child, next, prev; /* first BUCKET_ADDR of a port; their list */
	uint32_t hash_next;
	/* The port's memory (1.4): reuse, reuseport, and whose SO_REUSEPORT was recorded. */
	int8_t fr, frp;
	bool f_v6, f_only;
	bool loaded; /* holds, or held, sockets whose history is unknown */
	bool told;   /* BUCKET_PORT: what it remembers was read from the machine */
	uint32_t f_uid;
	struct akey f_addr;
};

struct group {
	uint32_t *members; /* in the kernel's order */
	uint32_t n, room;
	uint32_t n_closed; /* shut-down members (tcp_migrate_req) */
	bool has_conns;
	bool program;
	bool used;
};

struct device {
	uint32_t index, master;
};

struct host_address {
	struct akey addr;
	struct akey broadcast; /* all zero: none */
	uint32_t device;
	uint8_t bits;
	bool v6;
};

struct membership {
	uint32_t sock, device;
	struct akey group;
};

/* A connected UDP socket that connected again: its place in the 4-tuple table is the old peer's. */
struct stale {
	uint32_t sock, seq;
	struct akey remote;
	uint16_t rport;
};

struct pending {
	uint32_t listener, child;
};

struct flow_line; /* flows.h */
struct flows {
	struct flow_line *lines;
	uint32_t n_lines;
	uint32_t used;
	uint32_t n_more; /* lines with FLOW_MORE */
};

enum { N_FLOW_TABLES = 3 }; /* TCP, UDP, UDP-Lite */

enum { CHUNK_SHIFT = 6, CHUNK_FIRST = 1 << CHUNK_SHIFT, N_CHUNKS = 24 };

struct model_space {
	struct model_behaviour behaviour;
	struct model_sysctls sysctls;
	struct model_ports reserved;
	uint64_t disabled[(N_MODEL_RULES + 63) / 64];

	struct msock *chunks[N_CHUNKS];
	uint32_t n_chunks;
	uint32_t n_socks;   /* ids handed out */
	uint32_t free_sock; /* list of free ids through .a */
	uint32_t n_used;
	uint32_t *tags; /* by id; NULL until model_tag() */
	uint32_t room_tags;
	uint32_t seq;
	struct flows flows[N_FLOW_TABLES];

	struct bucket *buckets;
	uint32_t n_buckets, room_buckets, free_bucket, used_buckets;
	uint32_t *bucket_slots;
	uint32_t n_bucket_slots; /* a power of two, or 0 */
	uint32_t *udp_slot_counts[2]; /* sockets of each UDP slot, by port mod udp_slots */

	struct group *groups; /* [0] unused */
	uint32_t n_groups, room_groups;
	struct device *devices;
	uint32_t n_devices, room_devices;
	bool has_vrfs;
	struct host_address *addresses;
	uint32_t n_addresses, room_addresses;
	struct membership *memberships;
	uint32_t n_memberships, room_memberships;
	struct pending *pendings;
	uint32_t n_pendings, room_pendings;
	struct stale *stales;
	uint32_t n_stales, room_stales;
	uint32_t default_device;
};

/* Is @rule in force? All are, but in tests that switch one off. */
static inline bool rule_on(const struct model_space *space, enum model_rule rule)
{
	return !(space->disabled[rule / 64] >> rule % 64 & 1);
}

/* Chunk k holds 64 << k sockets, so that few pointers, which stay cached, reach all. */
static inline struct msock *sock_at(const struct model_space *space, uint32_t id)
{
	uint32_t from_64 = id - 1 + CHUNK_FIRST;
	unsigned chunk = 31u - (unsigned)__builtin_clz(from_64) - CHUNK_SHIFT;

	return &space->chunks[chunk][from_64 - (CHUNK_FIRST << chunk)];
}

static inline struct bucket *bucket_at(const struct model_space *space, uint32_t id)
{
	return &space->buckets[id - 1];
}

static inline enum sock_proto msock_proto(const struct msock *sock)
{
	return !(sock->flags & F_UDP)  ? SOCK_PROTO_TCP
	       : sock->flags & F_LITE ? SOCK_PROTO_UDPLITE
				      : SOCK_PROTO_UDP;
}

/* A new zeroed socket, or 0. The chunks do not move: pointers to other sockets stay good. */
uint32_t sock_new(struct model_space *space);
void sock_drop(struct model_space *space, uint32_t id);
/* Free the records. */
void socks_release(struct model_space *space);
/* The socket if @id names one in use, or NULL. */
struct msock *sock_get(const struct model_space *space, uint32_t id);

/* Make room for one more in an array of @size byte elements. 0 or -ENOMEM. */
int array_room(void *array, uint32_t n, uint32_t *room, size_t size);

#endif
