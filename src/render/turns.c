/* SPDX-License-Identifier: MIT */
/* A ring of buffers; whoever has filled the one that is due writes it, and those behind it. */
#include "render/turns.h"
#include "base/out.h"
#include "base/strbuf.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

enum {
	STRETCH = 1024, /* rows: mostly what OUT_ROOM holds */
	SLOTS = 8,
};

struct slot {
	struct strbuf before; /* what no longer found room in .out */
	struct out out;
	bool ready;
};

struct turns {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct slot slots[SLOTS];
	size_t n_rows, n;	/* n stretches, */
	size_t taken, written;	/* so many of them */
	bool writing;
	int error; /* of .out, which belongs to who writes */
	struct out *out;
	turns_make *make;
	void *data;
};

static int keep(void *data, const char *bytes, size_t len)
{
	struct strbuf *before = data;

	strbuf_add(before, bytes, len);
	return before->failed ? -ENOMEM : 0;
}

static void write_slot(struct slot *slot, struct out *out)
{
	/* Past its buffer: this is large enough. */
	if (!out_flush(out) && slot->before.len)
		out->error = out->sink(out->data, slot->before.text, slot->before.len);
	if (!out->error && slot->out.len)
		out->error = out->sink(out->data, slot->out.buffer, slot->out.len);
	if (!out->error)
		out->error = slot->out.error;
	strbuf_clear(&slot->before);
	slot->out.len = 0;
}

/* Under the lock, but for the writing. */
static void write_ready(struct turns *turns)
{
	while (!turns->writing && !turns->error) {
		struct slot *slot = &turns->slots[turns->written % SLOTS];
		if (!slot->ready)
			return;
		turns->writing = true;
		pthread_mutex_unlock(&turns->lock);
		write_slot(slot, turns->out);
		pthread_mutex_lock(&turns->lock);
		turns->error = turns->out->error;
		slot->ready = false;
		turns->writing = false;
		turns->written++;
		pthread_cond_broadcast(&turns->moved);
	}
}

/* Under the lock: is there a stretch to be made, now or as soon as a slot is free? */
static bool wait_for_work(struct turns *turns)
{
	while (turns->taken < turns->n && turns->taken >= turns->written + SLOTS &&
	       !turns->error)
		pthread_cond_wait(&turns->moved, &turns->lock);
	return turns->taken < turns->n && !turns->error;
}

static void work(struct turns *turns, unsigned thread)
{
	pthread_mutex_lock(&turns->lock);
	while (wait_for_work(turns)) {
		const size_t nth = turns->taken++;
		struct slot *slot = &turns->slots[nth % SLOTS];
		const size_t end = (nth + 1) * STRETCH;
		pthread_mutex_unlock(&turns->lock);
		turns->make(turns->data, thread, nth * STRETCH,
			    end < turns->n_rows ? end : turns->n_rows, &slot->out);
		pthread_mutex_lock(&turns->lock);
		slot->ready = true;
		write_ready(turns);
	}
	pthread_mutex_unlock(&turns->lock);
}

static void *second_thread(void *data)
{
	work(data, 1);
	return NULL;
}

int turns_write(struct out *out, size_t n_rows, turns_make *make, void *data)
{
	struct turns turns = {
		.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER,
		.n_rows = n_rows, .n = (n_rows + STRETCH - 1) / STRETCH,
		.out = out, .make = make, .data = data,
	};
	pthread_t thread;

	for (size_t i = 0; i < SLOTS; i++) {
		turns.slots[i].before = STRBUF_INIT;
		out_init(&turns.slots[i].out, keep, &turns.slots[i].before);
		if (turns.slots[i].out.error)
			out->error = turns.slots[i].out.error;
	}
	turns.error = out->error;
	const bool started = !pthread_create(&thread, NULL, second_thread, &turns);
	work(&turns, 0);
	if (started)
		pthread_join(thread, NULL);
	for (size_t i = 0; i < SLOTS; i++) {
		strbuf_release(&turns.slots[i].before);
		out_release(&turns.slots[i].out);
	}
	return out->error;
}
