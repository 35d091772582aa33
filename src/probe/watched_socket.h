/* SPDX-License-Identifier: MIT */
/* Reading details of a traced program's socket and of its calls' arguments. */
#ifndef BERTH_PROBE_WATCHED_SOCKET_H
#define BERTH_PROBE_WATCHED_SOCKET_H

#include "probe/watched.h"

/* Take a copy of the descriptor and note its addresses and tcp_info in the attempt. */
void watched_look(struct watched_socket *s);
/* Is it in non-blocking mode now (by whatever call it was set)? */
bool watched_is_nonblocking(const struct watched_socket *s);
/* Has its non-blocking connect() succeeded by now? */
bool watched_is_connected(const struct watched_socket *s);
/* Note a setsockopt(); true if its failure keeps the program from connecting as it wants. */
bool watched_option(struct watched_socket *s, const struct traced_call *call);
/* For calls with a struct msghdr, mmsghdr or iovec: where the first data is, and how long. */
void watched_message(const struct traced_call *call, uint64_t *data, uint64_t *len);
void watched_dns_name(struct watched *watched, const uint8_t *packet, size_t len);

#endif
