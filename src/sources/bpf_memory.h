/* SPDX-License-Identifier: MIT */
/*
 * The memory that what BPF tells will fill, made ready by a thread while the main one waits for
 * the programs to load: clearing a hundred megabytes takes about as long.
 */
#ifndef BERTH_SOURCES_BPF_MEMORY_H
#define BERTH_SOURCES_BPF_MEMORY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct bpf_memory {
	struct {
		char *start;
		size_t size;
	} pieces[3];
	size_t n_pieces;
	pthread_t thread;
	bool started;
	atomic_bool enough;
};

/* Add a piece that will surely be filled. */
void bpf_memory_add(struct bpf_memory *memory, void *start, size_t size);
/* Begin; only worth it for many megabytes and with a processor to spare. */
void bpf_memory_start(struct bpf_memory *memory);
/* What is not ready by now will be when it is filled. Harmless if nothing was begun. */
void bpf_memory_stop(struct bpf_memory *memory);

#endif
