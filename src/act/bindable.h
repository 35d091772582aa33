/* SPDX-License-Identifier: MIT */
/* The proof that a port is free: bind it for real, and let go at once. */
#ifndef BERTH_ACT_BINDABLE_H
#define BERTH_ACT_BINDABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/sock.h"

struct namespace;

/*
 * Would bind() to this place work now, in @netns (NULL: the caller's)? 0; the positive errno of
 * bind() (or listen() for TCP); or -errno when it could not be tried. Never leaves anything behind.
 */
int bindable(const struct namespace *netns, enum sock_proto proto, const struct addr *addr,
	     uint16_t port, bool reuseaddr);

#endif
