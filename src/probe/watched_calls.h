/* SPDX-License-Identifier: MIT */
/* Parts of probe/watched: one function a call. @call is before or after it, as the call needs. */
#ifndef BERTH_PROBE_WATCHED_CALLS_H
#define BERTH_PROBE_WATCHED_CALLS_H

#include "probe/watched.h"

/* The table; pointers into it are valid until the next add or remove. */
struct watched_socket *watched_add(struct watched *watched); /* zeroed; NULL without memory */
void watched_remove(struct watched *watched, struct watched_socket *s);

/* Its attempt ended so: tell unless that was done. */
void watched_fail(struct watched *watched, struct watched_socket *s, enum attempt_phase phase,
		  int error);
/* The last moment of a socket: did it get what its program wanted? */
void watched_closing(struct watched *watched, struct watched_socket *s);

void watched_socket_called(struct watched *watched, const struct traced_call *call);
void watched_bind(struct watched *watched, struct watched_socket *s,
		  const struct traced_call *call);
void watched_listen(struct watched *watched, struct watched_socket *s,
		    const struct traced_call *call);
void watched_accept(struct watched *watched, struct watched_socket *s,
		    const struct traced_call *call);
void watched_connect(struct watched *watched, struct watched_socket *s,
		     const struct traced_call *call);
void watched_send(struct watched *watched, struct watched_socket *s,
		  const struct traced_call *call);
void watched_recv(struct watched *watched, struct watched_socket *s,
		  const struct traced_call *call);
void watched_getsockopt(struct watched *watched, struct watched_socket *s,
			const struct traced_call *call);

#endif
