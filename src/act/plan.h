/* SPDX-License-Identifier: MIT */
/*
 * Who must stop so that a port is free. Pure: a snapshot and a WHAT in, a plan out.
 *
 * A port is given up by those who serve it: who listens, who has it bound. A process whose outgoing
 * connection merely uses that local port is never in a plan that names a port, nor is one that
 * only has accepted connections while the listener is there: the port does not wait for it.
 */
#ifndef BERTH_ACT_PLAN_H
#define BERTH_ACT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot;
struct sock;
struct what;

enum plan_hold { /* in which way a socket holds the port */
	PLAN_HOLD_OPEN,	    /* listens, or an unconnected UDP socket */
	PLAN_HOLD_BOUND,    /* bound only */
	PLAN_HOLD_ACCEPTED, /* a connection that a server took */
	PLAN_HOLD_OUTGOING, /* a connection that was made from here */
	PLAN_HOLD_NOBODY,   /* TIME_WAIT, orphans: no process can let go of it */
};
enum { N_PLAN_HOLDS = PLAN_HOLD_NOBODY + 1 };

struct plan_process {
	uint32_t proc;	   /* index into snapshot.procs */
	uint32_t n_named;  /* its sockets that were named */
	uint32_t n_other_open;	/* ports it serves besides */
	uint32_t n_connections; /* established connections it has, all ports */
	bool untouchable;  /* pid 1, or one of struct plan_kept */
};

/* Who must live on: the caller and its forefathers, who may hold no socket themselves. */
struct plan_kept {
	uint32_t pids[64];
	size_t n;
};

struct plan {
	struct plan_process *processes;
	size_t n_processes, room_processes;
	uint32_t *socks; /* indexes of the sockets that were named */
	uint8_t *holds;	 /* enum plan_hold, parallel to .socks */
	size_t n_socks;
	size_t counts[N_PLAN_HOLDS];
	size_t n_unowned; /* open or bound sockets whose holder could not be seen */
};

/*
 * @connections: also stop those who only have accepted connections. @kept and pid 1 are shown, and
 * untouchable. 0 or -ENOMEM; release in either case.
 */
int plan_make(const struct snapshot *snap, const struct what *what, bool connections,
	      const struct plan_kept *kept, struct plan *ret);
void plan_release(struct plan *plan);

#endif
