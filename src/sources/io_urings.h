/* SPDX-License-Identifier: MIT */
/* Sockets that a process keeps by its io_uring alone: registered files, direct descriptors. */
#ifndef BERTH_SOURCES_IO_URINGS_H
#define BERTH_SOURCES_IO_URINGS_H

#include <stdbool.h>
#include <stddef.h>

struct snapshot;

/*
 * Give those of the @unheld sockets that a ring has (fdinfo lists its files) an owner without fd
 * and a note: then it is not unheld any more, and @n_missing, how many are, counts down. Ends when
 * all are found, or after 200 ms. 0 or -ENOMEM.
 */
int io_urings_find(struct snapshot *snap, bool *unheld, size_t *n_missing);

/* "    0: socket:[123]", a line of a ring's fdinfo: 123. 0 for any other. */
unsigned io_uring_line(const char *line);

#endif
