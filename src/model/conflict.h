/* SPDX-License-Identifier: MIT */
/*
 * May two sockets be on one port? Do their addresses meet (1.2), and if so do their options let
 * them share (1.3). Facts that are unknown make the answer unsure, never guessed.
 */
#ifndef BERTH_MODEL_CONFLICT_H
#define BERTH_MODEL_CONFLICT_H

#include "model/state.h"

struct side {
	struct akey addr;
	bool v6, only;
};

static inline struct side side_of(const struct msock *sock)
{
	return (struct side){
		.addr = sock->local,
		.v6 = sock->flags & F_V6,
		.only = sock->flags & F_V6ONLY,
	};
}

enum wild { WILD_A = 1, WILD_B = 2, WILD_BOTH = 3 };

/*
 * Do the receive addresses of @a and @b meet, the wildcard of the sides in @wild counting? Not
 * symmetric (inet_rcv_saddr_equal). @ret_why: OK for equal addresses, or the rule, also when not.
 */
bool sides_overlap(const struct model_space *space, const struct side *a, const struct side *b,
		   enum wild wild, enum model_rule *ret_why);

enum tri { TRI_NO, TRI_YES, TRI_UNSURE };

/* One value for unknown facts while a branch is tried. */
struct assumption {
	uint32_t sock; /* whose; 0: of all sockets where it is unknown */
	enum model_fact fact; /* 0: nothing is assumed */
	bool value;
};

/* Who asks, and how. */
struct asker {
	const struct model_space *space;
	const struct msock *sock;
	uint32_t id;	/* 0: not in the space yet */
	bool relax;	/* SO_REUSEADDR may share */
	bool reuseport_ok; /* SO_REUSEPORT may share */
	struct assumption assume;
};

struct conflict {
	enum tri tri;		      /* in conflict? */
	struct model_outcome outcome; /* YES: who and why. NO: what let them share (rule OK: none) */
	uint32_t on;		      /* UNSURE */
	enum model_fact fact;
};

/*
 * May @asker not be beside @other? @ret (.overlap preset) says why, or what keeps them apart or
 * lets them share; @ret_fact: the fact an unsure answer hangs on.
 */
enum tri conflict_judge(const struct asker *asker, uint32_t other, bool check_address,
			struct model_outcome *ret, enum model_fact *ret_fact);

/* Judge one other socket and fold it into @sum (start: zeroed). @overlap: address rule found. */
void conflict_add(struct conflict *sum, const struct asker *asker, uint32_t other,
		  bool check_address, enum model_rule why);

/* How a socket holds its port. */
enum model_way way_of(const struct msock *sock);

#endif
