/* SPDX-License-Identifier: MIT */
/* Sockets that a process keeps by its io_uring alone: registered files, direct descriptors. */
#ifndef BERTH_SOURCES_IO_URINGS_H
#define BERTH_SOURCES_IO_URINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot;

/* Sockets that no descriptor holds. */
struct io_urings_search {
	bool *unheld;	 /* for each socket of the snapshot */
	size_t *n_missing; /* of these */
	uint32_t *n_closed; /* counts processes that may not be looked into */
	unsigned limit_ms; /* for the search for rings, where @snap->rings are not known already */
};

/*
 * Give those that a ring has (fdinfo lists its files) an owner without fd and a note: then it is not
 * unheld any more, and .n_missing counts down. *@ret_all: every ring was found, but for those of
 * processes that may not be looked into. 0 or -ENOMEM.
 */
int io_urings_find(struct snapshot *snap, const struct io_urings_search *asked, bool *ret_all);

/* "    0: socket:[123]", a line of a ring's fdinfo: 123. 0 for any other. */
unsigned io_uring_line(const char *line);

#endif
