/* SPDX-License-Identifier: MIT */
/*
 * One question "why does this connection or bind not work?" with everything found out about it.
 * Probes and sources fill it, diagnose/ reads it. All memory belongs to .arena; everything here is
 * facts, nothing is opinion. Ports are host order.
 */
#ifndef BERTH_CORE_CASE_H
#define BERTH_CORE_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "core/addr.h"
#include "core/attempt.h"
#include "core/caller.h"
#include "core/firewall_trace.h"
#include "core/kernel_event.h"
#include "core/path.h"
#include "core/place.h"
#include "core/resolving.h"

struct bind_rules;

enum case_op {
	CASE_CONNECT,
	CASE_BIND,
};

/* What was asked, or what the watched program asked of the kernel. */
struct asked {
	enum case_op op;
	uint8_t proto;	     /* SOCK_PROTO_TCP or SOCK_PROTO_UDP */
	const char *target;  /* as typed: "example.org:80" */
	const char *host;    /* the host part: a name or an address */
	struct addr addr;    /* family ADDR_NONE: .host is a name */
	uint16_t port;
	struct addr bind_addr; /* --bind; family ADDR_NONE: none */
	uint16_t bind_port;
	const char *device;  /* SO_BINDTODEVICE; NULL: none */
	int ttl;	     /* IP_TTL; 0: default */
	uint32_t mark;	     /* SO_MARK; 0: none */
	int64_t uid;	     /* who asks; -1: the caller */
	bool reuseaddr, reuseport, freebind, transparent, dontroute, v6only;
	bool is_signed;	     /* the socket has a TCP MD5 or TCP-AO key */
	bool fastopen;	     /* TCP Fast Open: the SYN carries the option */
	bool listens;	     /* bind: listen() follows */
	uint32_t backlog;    /* of that listen(); 0: not said */
	bool all_netns;	     /* every namespace of the machine may be looked at */
	const char *const *command; /* why -- COMMAND; NULL: asked by options */
};

/* Something that could not be seen, for the answer's "unseen". */
struct unseen {
	const char *what;  /* "rules of 10.1.1.1" */
	const char *needs; /* "root there" */
};

/* Told now and then, during long waits, what is being waited for. */
struct case_watcher {
	void (*doing)(const char *what, void *data); /* NULL: nobody wants to know */
	void *data;
};

struct case_facts {
	struct arena arena;
	struct case_watcher watcher;
	uint64_t until_ns; /* CLOCK_MONOTONIC: everything ends by then; 0: no limit of its own */
	struct asked asked;
	struct caller caller;
	struct resolving resolving;
	struct attempt *attempts; /* in time order */
	size_t n_attempts, room_attempts;
	struct probes probes;
	struct place *places; /* [0] is the namespace of the one who asks */
	size_t n_places, room_places;
	struct path forward; /* asker to target, as far as it can be followed */
	struct path reverse; /* target back to the asker; empty when the target was not found */
	struct kernel_event *events; /* of our flows, in time order */
	size_t n_events, room_events;
	bool events_watched; /* drops were watched during the attempts, in all of .places */
	struct firewall_trace trace; /* of our packets by the kernel, when asked for */
	struct unseen *unseen;
	size_t n_unseen, room_unseen;
	struct bind_rules *rules; /* bind: what the port rules say; NULL: not asked */
};

static inline void case_doing(const struct case_facts *facts, const char *what)
{
	if (facts->watcher.doing)
		facts->watcher.doing(what, facts->watcher.data);
}

/* With an arena of its own and the caller as the user that asks. NULL without memory. */
struct case_facts *case_new(void);
void case_free(struct case_facts *facts);
static inline void case_freep(struct case_facts **facts)
{
	case_free(*facts);
}

/*
 * Each adds a zeroed record and returns it, valid until the next add of its kind; NULL without
 * memory. Texts put into records must come from the arena or be constants.
 */
struct attempt *case_add_attempt(struct case_facts *facts);
struct place *case_add_place(struct case_facts *facts);
struct kernel_event *case_add_event(struct case_facts *facts);
void case_add_unseen(struct case_facts *facts, const char *what, const char *needs);

/*
 * Room for one more element of @size bytes in an arena array (growing by doubling): returns the
 * zeroed element and counts it, or NULL. For the arrays inside places and paths.
 */
void *arena_push(struct arena *arena, void *array_pointer, size_t *count, size_t *room,
		 size_t size);

/* The attempt that is explained: the first that failed, else the last; NULL: none was made. */
const struct attempt *case_subject(const struct case_facts *facts);
/* The place with this netns inode, or NULL. */
struct place *case_place(const struct case_facts *facts, uint64_t netns);
/* Did a neighbour entry, link ... of the asker's own namespace: shorthand for places[0] or NULL. */
const struct place *case_own_place(const struct case_facts *facts);

#endif
