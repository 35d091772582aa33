/* SPDX-License-Identifier: MIT */
/* Who has a socket that no process's fd directory showed, though it has a file. */
#ifndef BERTH_SOURCES_UNHELD_H
#define BERTH_SOURCES_UNHELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot;

/*
 * For each socket: has it a file, and no owner in snap->owners? Caller frees; NULL: no memory.
 * *@ret_n: how many.
 */
bool *unheld_list(const struct snapshot *snap, size_t *ret_n);

/*
 * Look for their holders by BPF: in processes that /proc does not open to us, and in the queues of
 * UNIX sockets, on their way to another process (an owner without fd, and a note). 0, -ENOMEM, or
 * -errno where that is not to be had.
 */
int unheld_by_bpf(struct snapshot *snap, const bool *unheld);

#endif
