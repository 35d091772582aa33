/* SPDX-License-Identifier: MIT */
/* The connect or bind that is asked about, made by us exactly as the options say. */
#ifndef BERTH_PROBE_ATTEMPTING_H
#define BERTH_PROBE_ATTEMPTING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/case.h"

struct attempting {
	struct attempt attempt;
	int fd; /* -1: finished */
	bool done;
	uint64_t next_send_ns; /* UDP: when to repeat the datagram */
};

/* Begin to connect to @dst; .done at once if the kernel refuses. UDP also sends a datagram. */
void attempting_connect(struct attempting *attempting, const struct asked *asked,
			const struct addr *dst);
/* See whether the answer is there. */
void attempting_check(struct attempting *attempting);
/* Give up waiting (the attempt then timed out) or close after success. */
void attempting_stop(struct attempting *attempting);

/*
 * Be the asked user for a while. The kernel takes a socket's owner from the effective uid at
 * socket(), and rights from the effective capabilities, which go and come back with that uid. Raw
 * calls: of this thread only. 0 or -errno.
 */
struct borrowed {
	uid_t uid;
	gid_t gid;
	bool changed;
};
int borrow_user(const struct asked *asked, struct borrowed *ret);
void return_user(const struct borrowed *borrowed);

/* bind() and, if asked, listen(): finished on return; the socket is closed again. */
void attempt_bind(struct attempt *attempt, const struct asked *asked);

#endif
