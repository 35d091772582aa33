/* SPDX-License-Identifier: MIT */
/*
 * What the model answers. A verdict names an errno (0: it works), the rule that decided and the
 * socket in the way. Where the answer hangs on a fact that was not told (an unknown option of a
 * socket loaded from a machine) the verdict says on which, and carries both branches.
 */
#ifndef BERTH_MODEL_VERDICT_H
#define BERTH_MODEL_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/rules.h"

/* A set of ports, 8 KiB: callers keep one and reuse it. */
struct model_ports {
	uint64_t bits[65536 / 64];
	uint32_t count;
};

static inline bool model_ports_has(const struct model_ports *ports, uint16_t port)
{
	return ports->bits[port / 64] >> port % 64 & 1;
}
void model_ports_clear(struct model_ports *ports);
void model_ports_add(struct model_ports *ports, uint16_t port);
/* Lowest member at or above @from, or -1. */
int model_ports_next(const struct model_ports *ports, uint32_t from);
/* The @nth member (0: lowest) of a set that has more than @nth, or -1. */
int model_ports_nth(const struct model_ports *ports, uint32_t nth);

/* In which way a socket holds its port. */
enum model_way {
	MODEL_WAY_NONE,
	MODEL_WAY_LISTENING,
	MODEL_WAY_BOUND,      /* bound, neither listening nor connected */
	MODEL_WAY_CONNECTION, /* a connection that bind()ed or connect()ed */
	MODEL_WAY_EPHEMERAL,  /* a connection whose port connect() chose */
	MODEL_WAY_ACCEPTED,   /* a connection that a listener took */
	MODEL_WAY_TIME_WAIT,
};

/* Facts of a socket that may be unknown. */
enum model_fact {
	MODEL_FACT_REUSEADDR = 1 << 0,
	MODEL_FACT_REUSEPORT = 1 << 1,
	MODEL_FACT_UID = 1 << 2,    /* branch "set": the asker's uid */
	MODEL_FACT_V6ONLY = 1 << 3,
	MODEL_FACT_MEMORY = 1 << 5, /* what the port remembers of earlier binds (1.4) */
	MODEL_FACT_ORDER = 1 << 6,  /* the order of bind() and listen() calls */
	MODEL_FACT_EPHEMERAL = 1 << 7, /* whether connect() chose the port */
};
/* "reuseaddr", "port-memory" ... */
const char *model_fact_name(enum model_fact fact);

struct model_outcome {
	int error; /* a positive errno; 0: allowed; -1: hangs on more that is unknown */
	enum model_rule rule;
	enum model_rule overlap; /* why holder and asker meet: OK (same address), WILDCARD, ... */
	enum model_way way;	 /* how the holder holds */
	uint32_t holder;	 /* socket in the way; 0: none */
};

struct model_verdict {
	struct model_outcome outcome; /* when nothing is unknown */
	bool depends;		      /* then .outcome is that of .if_clear */
	enum model_fact fact;	      /* of .on */
	uint32_t on;
	struct model_outcome if_set, if_clear;

	uint16_t port;	/* the port the socket has now (or would get); 0: none */
	bool chosen;	/* the kernel chose it: .ports is the set it chose from */
	bool may_fail;	/* some rolls of the dice end in the error although ports are left */
	uint32_t peer;	/* connect: the accepted end that was made here; 0: none */
	uint32_t listener;	/* connect: who took it */
	bool listener_random;	/* a group's hash picked it */
	struct model_ports *ports; /* the caller's, or NULL; written when .chosen */
	uint32_t n_ports;	/* members, when .chosen */
};

enum model_reach {
	MODEL_REACH_NONE,
	MODEL_REACH_ONE,
	MODEL_REACH_ONE_OF, /* the kernel's secret hash decides among them */
	MODEL_REACH_EACH,   /* every one gets a copy */
};

enum model_reply {
	MODEL_REPLY_NONE, /* delivered */
	MODEL_REPLY_RST,
	MODEL_REPLY_UNREACHABLE, /* ICMP port unreachable */
	MODEL_REPLY_DROP,	 /* silence */
	MODEL_REPLY_ACK,	 /* TIME_WAIT answers for itself */
};

/* A list of sockets the caller owns; ids may be NULL with room 0, grows by realloc. */
struct model_list {
	uint32_t *ids;
	uint32_t n, room;
};
void model_list_release(struct model_list *list);

struct model_delivery {
	enum model_reach reach;
	enum model_reply reply;
	enum model_rule rule;
	uint32_t socket;   /* ONE; the first of ONE_OF and EACH */
	bool depends;	   /* on .fact of .on: .socket or one of the list */
	enum model_fact fact;
	uint32_t on;
	struct model_list *list; /* the caller's, or NULL; written for ONE_OF and EACH */
};

#endif
