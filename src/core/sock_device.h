/* SPDX-License-Identifier: MIT */
/* The interface a socket is bound to, by the word of its network namespace. */
#ifndef BERTH_CORE_SOCK_DEVICE_H
#define BERTH_CORE_SOCK_DEVICE_H

#include <stdbool.h>

struct snapshot;
struct sock;

/* NULL if the socket is not bound to one, or its namespace's interfaces were not collected. */
const char *sock_device_name(const struct snapshot *snap, const struct sock *sock);

/* Is @sock bound to the interface of this name, or of this index in decimal ("0": to none)? */
bool sock_device_is(const struct snapshot *snap, const struct sock *sock, const char *text);

#endif
