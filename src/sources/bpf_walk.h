/* SPDX-License-Identifier: MIT */
/*
 * Runs the kernel half (src/bpf/sockets.bpf.c): loads it, lets it fill its windows, hands what they
 * hold to a consumer. Knows nothing of sockets.
 */
#ifndef BERTH_SOURCES_BPF_WALK_H
#define BERTH_SOURCES_BPF_WALK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire.h"

struct bpf_walk {
	struct wire_shared *shared;    /* memory of the kernel half */
	struct wire_record *records;
	int link;
	unsigned n_workers;
	bool only_holders; /* one worker, no TCP tables, nothing in flight: before Linux 5.17 */
	pthread_mutex_t lock; /* of what .consume works on */
	/* Called by one thread at a time. 0, or -errno to stop. */
	int (*consume)(void *data, const struct wire_record *records, size_t n);
	void *data;
};

#define BPF_WALK_INIT                                                                              \
	((struct bpf_walk){.link = -1, .n_workers = 1, .lock = PTHREAD_MUTEX_INITIALIZER})

/* 0, or -errno when this kernel or our rights do not allow it. Close it in any case. */
int bpf_walk_open(struct bpf_walk *walk);
void bpf_walk_close(struct bpf_walk *walk);

/* The file tables of all tasks. 0 or -errno. */
int bpf_walk_files(struct bpf_walk *walk);
/*
 * The TCP tables: the one of most namespaces, and those of the namespaces that have one of their
 * own, as far as bpf_walk_files() met a task there. @ret_n_held: sockets with a file that were passed over.
 * 0 or -errno.
 */
int bpf_walk_tables(struct bpf_walk *walk, uint64_t *ret_n_held);

/* Milliseconds of @jiffies, by what the last run showed of the clock. Negative is 0. */
uint32_t bpf_walk_ms(const struct bpf_walk *walk, int32_t jiffies);

#endif
