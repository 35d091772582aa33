/* SPDX-License-Identifier: MIT */
/* Two workers, each with its window: while one waits for the kernel the other's is consumed. */
#include "sources/bpf_walk.h"
#include "base/auto.h"
#include "bpf/prebuilt/holders.h"
#include "bpf/prebuilt/sockets.h"
#include "bpf/prebuilt/sockets_before_6_2.h"
#include "sources/bpf_libbpf.h"
#include "sources/bpf_load.h"
#include "sources/proc_dir.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	RECORDS_BYTES = WIRE_WORKERS * WIRE_WINDOW * sizeof(struct wire_record),
};

/* The loaded object: what src/bpf/sockets.bpf.c declares, in that order. */
struct object {
	struct bpf_load_head head;
	struct bpf_load_map records, shared;
	struct bpf_load_prog sockets;
};

static void close_fd(int fd)
{
	if (fd > 0)
		close(fd);
}

static void object_close(struct object *object)
{
	close_fd(object->records.fd);
	close_fd(object->shared.fd);
	close_fd(object->sockets.fd);
}

static int map_memory(struct bpf_walk *walk, const struct object *object)
{
	void *shared = mmap(NULL, sizeof(*walk->shared), PROT_READ | PROT_WRITE, MAP_SHARED,
			    object->shared.fd, 0);

	if (shared == MAP_FAILED)
		return -errno;
	walk->shared = shared;
	void *records = mmap(NULL, RECORDS_BYTES, PROT_READ, MAP_SHARED, object->records.fd, 0);
	if (records == MAP_FAILED)
		return -errno;
	walk->records = records;
	return 0;
}

#define BYTES(name)                                                                                \
	{                                                                                          \
		.data = name##_data, .insns = name##_insns, .data_size = sizeof(name##_data) - 1,  \
		.insns_size = sizeof(name##_insns) - 1                                             \
	}

/* Before 5.17 only who holds what can be told, and the loading program may be too new. */
static int load_holders(struct object *object)
{
	static const struct bpf_libbpf_object file = {
		.bytes = holders_elf, .size = sizeof(holders_elf) - 1,
		.name = "holders", .map = "records", .program = "holders"};

	return bpf_libbpf_load(&file, &object->records.fd, &object->shared.fd, &object->sockets.fd);
}

int bpf_walk_open(struct bpf_walk *walk)
{
	/* Until 6.2 is our oldest kernel: the second is slower but needs only 5.17. */
	static const struct bpf_load_bytes bytes[] = {BYTES(sockets), BYTES(sockets_before_6_2)};
	AUTO(object_close) struct object object = {.head.size = sizeof(object)};
	int err = -EPERM;

	for (size_t i = 0; i < N_ELEMENTS(bytes); i++) {
		err = bpf_load(&bytes[i], &object.head);
		if (!err || err == -EPERM || err == -ENOMEM)
			break;
		object_close(&object);
		object = (struct object){.head.size = sizeof(object)};
	}
	if (err && err != -EPERM && err != -ENOMEM) {
		err = load_holders(&object);
		walk->only_holders = !err;
	}
	if (!err)
		err = map_memory(walk, &object);
	if (err)
		return err;
	walk->link = bpf_iterator_link(object.sockets.fd);
	return walk->link < 0 ? walk->link : 0;
}

void bpf_walk_close(struct bpf_walk *walk)
{
	if (walk->shared)
		munmap(walk->shared, sizeof(*walk->shared));
	if (walk->records)
		munmap(walk->records, RECORDS_BYTES);
	close_fd(walk->link);
}

/* Drive worker @nth until nothing is left. */
static int work(struct bpf_walk *walk, unsigned nth)
{
	volatile struct wire_worker *worker = &walk->shared->workers[nth];
	AUTO(closep) int iterator = bpf_iterator_open(walk->link);
	char byte;

	if (iterator < 0)
		return iterator;
	for (;;) {
		worker->n = 0;
		ssize_t got = read(iterator, &byte, sizeof(byte));
		int err = got < 0 ? -errno : 0;
		if (worker->n) {
			pthread_mutex_lock(&walk->lock);
			int failed = walk->consume(walk->data, walk->records + nth * WIRE_WINDOW,
						   worker->n);
			pthread_mutex_unlock(&walk->lock);
			if (failed)
				return failed;
		}
		if (!err)
			return 0;
		if (err != -EAGAIN && err != -EINTR) /* the program asked to be called again */
			return err;
	}
}

struct second {
	struct bpf_walk *walk;
	int err;
};

static void *second_worker(void *arg)
{
	struct second *second = arg;

	second->walk->shared->question.reader_tids[1] = (uint32_t)syscall(SYS_gettid);
	second->err = work(second->walk, 1);
	return NULL;
}

static int run(struct bpf_walk *walk, bool tables)
{
	struct second second = {.walk = walk};
	pthread_t thread;
	/* The kernel half tells workers apart by their thread ids as the first namespace counts them. */
	bool two = walk->n_workers > 1 && proc_in_first_pid_namespace();

	memset(walk->shared->workers, 0, sizeof(walk->shared->workers));
	walk->shared->question.tables = tables;
	walk->shared->question.reader_tids[1] = 0;
	walk->shared->question.workers = two ? 2 : 1;
	if (two && pthread_create(&thread, NULL, second_worker, &second)) {
		walk->shared->question.workers = 1;
		two = false;
	}
	int err = work(walk, 0);
	if (two)
		pthread_join(thread, NULL);
	return err ? err : second.err;
}

int bpf_walk_files(struct bpf_walk *walk)
{
	return run(walk, false);
}

int bpf_walk_tables(struct bpf_walk *walk, uint64_t *ret_n_held)
{
	const struct wire_worker *workers = walk->shared->workers;
	const uint32_t n_noted = walk->shared->n_foreign_tables;
	const uint32_t n_foreign = n_noted < WIRE_TABLES ? n_noted : WIRE_TABLES;
	int err = 0;

	*ret_n_held = 0;
	for (uint32_t nth = 0; !err && nth <= n_foreign; nth++) {
		walk->shared->question.foreign_table = nth;
		err = run(walk, true);
		*ret_n_held += workers[0].n_held + workers[1].n_held;
	}
	return err;
}

/* Jiffies start 300 seconds before they would wrap as 32 bits: INITIAL_JIFFIES. */
static unsigned jiffies_a_second(const struct wire_worker *worker)
{
	static const unsigned choices[] = {100, 250, 300, 1000};
	const double seconds = (double)worker->uptime_ns / 1e9;
	unsigned best = 250;
	double best_off = 1e18;

	for (size_t i = 0; i < N_ELEMENTS(choices); i++) {
		const double expected = 4294967296.0 + choices[i] * (seconds - 300.0);
		const double off = expected - (double)worker->jiffies;
		if (off * off < best_off) {
			best_off = off * off;
			best = choices[i];
		}
	}
	return best;
}

uint32_t bpf_walk_ms(const struct bpf_walk *walk, int32_t jiffies)
{
	if (jiffies <= 0)
		return 0;
	return (uint32_t)((uint64_t)jiffies * 1000 / jiffies_a_second(walk->shared->workers));
}
