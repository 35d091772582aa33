/* SPDX-License-Identifier: MIT */
/* madvise() in short steps: whoever maps memory meanwhile waits for the step. */
#include "sources/bpf_memory.h"
#include "base/auto.h"

#include <stdint.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* 5.14 */
#endif

enum { PAGE = 4096, STEP = 2 << 20 };

static void *populate(void *data)
{
	struct bpf_memory *memory = data;

	for (size_t i = 0; i < memory->n_pieces; i++) {
		char *at = memory->pieces[i].start;
		char *const end = at + memory->pieces[i].size;
		while (at < end && !atomic_load(&memory->enough)) {
			char *next = (char *)(((uintptr_t)at + STEP) & ~(uintptr_t)(STEP - 1));
			if (next > end)
				next = end;
			if (madvise(at, (size_t)(next - at), MADV_POPULATE_WRITE))
				return NULL;
			at = next;
		}
	}
	return NULL;
}

void bpf_memory_add(struct bpf_memory *memory, void *start, size_t size)
{
	const uintptr_t first = ((uintptr_t)start + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
	const uintptr_t end = ((uintptr_t)start + size) & ~(uintptr_t)(PAGE - 1);

	if (!start || first >= end || memory->n_pieces >= N_ELEMENTS(memory->pieces))
		return;
	memory->pieces[memory->n_pieces].start = (char *)first;
	memory->pieces[memory->n_pieces++].size = end - first;
}

void bpf_memory_start(struct bpf_memory *memory)
{
	memory->started = memory->n_pieces &&
			  !pthread_create(&memory->thread, NULL, populate, memory);
}

void bpf_memory_stop(struct bpf_memory *memory)
{
	if (!memory->started)
		return;
	atomic_store(&memory->enough, true);
	pthread_join(memory->thread, NULL);
	memory->started = false;
}
