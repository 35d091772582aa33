/* SPDX-License-Identifier: MIT */
/* The questions asked around a failing attempt, all at the same time. */
#ifndef BERTH_PROBE_AROUND_H
#define BERTH_PROBE_AROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/asking.h"
#include "probe/blocking.h"

enum { AROUND_LADDER = 10, AROUND_SIDE = 11, AROUND_MAX_FDS = AROUND_LADDER + AROUND_SIDE };

struct around {
	bool started;
	struct asking ladder[AROUND_LADDER]; /* TTL 1 .. of the asked flow */
	struct asking side[AROUND_SIDE];     /* the same port again, then other ports */
	unsigned n_ladder, n_side;
	unsigned n_asked; /* rungs of the ladder, so far */
	uint64_t rung_wait_ns; /* between them; 0: all at once */
	const struct asked *asked;
	struct blocking blocking; /* the asked address as a program sees it that blocks */
	uint64_t started_ns;
	uint8_t proto;
	struct tap *tap;
};

struct pollfd;
struct tap;

/* Send everything that makes sense for this failure; does nothing the second time. */
void around_start(struct around *around, const struct case_facts *facts,
		  const struct attempt *attempt);
void around_step(struct around *around);
unsigned around_fds(const struct around *around, struct pollfd *fds);
/* Wait for the answers, measure the distance of a reset, put all into facts->probes. */
void around_finish(struct around *around, struct case_facts *facts, struct attempt *attempt,
		   uint64_t until_ns);
/* Ends what was begun, finished or not: a slow attempt may succeed in the end. */
void around_release(struct around *around);

#endif
