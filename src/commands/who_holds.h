/* SPDX-License-Identifier: MIT */
/* The owners of the sockets that `berth who` was asked about, put together by holder. */
#ifndef BERTH_COMMANDS_WHO_HOLDS_H
#define BERTH_COMMANDS_WHO_HOLDS_H

#include <stddef.h>
#include <stdint.h>

struct who;

/* Process @proc holds socket @sock for holder @head. */
struct hold {
	uint32_t head, proc, sock;
	int fd;
};

/* All holds, sorted by head and socket, in @ret_holds (free() it). 0 or -ENOMEM. */
int holds_find(const struct who *who, struct hold **ret_holds, size_t *ret_n);

#endif
