/* SPDX-License-Identifier: MIT */
/* Told by sock_diag when a TCP or UDP socket ends: less than sources/listens.h, for fewer rights. */
#ifndef BERTH_SOURCES_CLOSINGS_H
#define BERTH_SOURCES_CLOSINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An fd that becomes readable at each end of a socket without a peer, in this network namespace.
 * -EPERM without CAP_NET_ADMIN there, or other -errno.
 */
int closings_open(bool udp_too);
/* Reads all that waits. Was one of the sockets a listener at one of @ports, or might it have been? */
bool closings_include(int fd, const uint16_t *ports, size_t n);

#endif
