/* SPDX-License-Identifier: MIT */
/*
 * The table of connections: (local, lport, remote, rport) to socket. Open addressing by cache
 * lines: a line is eight tags and eight ids; the tag is 32 bits of the key, so that a lookup
 * touches the line and then, nearly always, only the right socket.
 */
#ifndef BERTH_MODEL_FLOWS_H
#define BERTH_MODEL_FLOWS_H

#include "model/state.h"

struct flow_key {
	struct akey local, remote;
	uint16_t lport, rport;
};

struct flow_line {
	uint32_t tags[8];
	uint32_t ids[8]; /* 0: never used, FLOW_DEAD: was used, else id and FLOW_CLOSER */
} __attribute__((aligned(64)));

/*
 * FLOW_CLOSER: the socket is bound to a device, is a TIME_WAIT entry or has a twin; others need no
 * look at more than their addresses.
 */
#define FLOW_DEAD   UINT32_MAX
#define FLOW_CLOSER (1u << 31)

/* Enter @id, whose .local.. are its key; sets .seq and F_HASHED. 0 or -ENOMEM. */
int flows_add(struct model_space *space, uint32_t id);
/* Enter @id in the place of @old, which leaves (a TIME_WAIT entry for its socket). */
void flows_replace(struct model_space *space, uint32_t old, uint32_t id);
void flows_remove(struct model_space *space, uint32_t id);
int flows_reserve(struct flows *flows, uint32_t n);
void flows_release(struct flows *flows);

/* The tag of a key, from which its line follows. */
uint32_t flows_tag(const struct flow_key *key);

/*
 * The newest socket with these two ends that hears device @dif (slave @sdif of a VRF); 0 if none.
 * @l3_accept: unbound sockets hear VRFs. _tagged: with FLOW_CLOSER where it is set,
 * for a key whose tag is known.
 */
struct hearing {
	uint32_t dif, sdif;
	bool l3_accept;
	bool all; /* every device */
};
uint32_t flows_find_tagged(const struct model_space *space, const struct flows *flows,
			   const struct flow_key *key, uint32_t tag, const struct hearing *hearing);
static inline uint32_t flows_find(const struct model_space *space, const struct flows *flows,
				  const struct flow_key *key, const struct hearing *hearing)
{
	return flows_find_tagged(space, flows, key, flows_tag(key), hearing) & ~FLOW_CLOSER;
}
/* Ask for the memory that a lookup will touch: the line, and when that is there the socket. */
void flows_prefetch(const struct flows *flows, uint32_t tag);
void flows_prefetch_sock(const struct model_space *space, const struct flows *flows, uint32_t tag);
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
