/* SPDX-License-Identifier: MIT */
/* Loading, mapping, attaching. */
#include "sources/drops_load.h"
#include "base/auto.h"
#include "bpf/prebuilt/drops.h"
#include "bpf/prebuilt/drops_before_5_12.h"
#include "bpf/prebuilt/drops_error.h"
#include "bpf/prebuilt/drops_icmp.h"
#include "bpf/prebuilt/drops_tcp.h"
#include "sources/bpf_libbpf.h"
#include "sources/bpf_load.h"
#include "sources/drops.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define BYTES(name)                                                                                \
	{.data = name##_data, .insns = name##_insns, .data_size = sizeof(name##_data) - 1,         \
	 .insns_size = sizeof(name##_insns) - 1}

static const struct {
	struct bpf_load_bytes bytes;
	unsigned n_progs;
} objects[N_DROPS_WATCHERS] = {
	[DROPS_WATCH_DROPS] = {BYTES(drops), 1},
	[DROPS_WATCH_TCP] = {BYTES(drops_tcp), 3},
	[DROPS_WATCH_ERROR] = {BYTES(drops_error), 1},
	[DROPS_WATCH_ICMP] = {BYTES(drops_icmp), 1},
};

/* The loaded object: what src/bpf/drops.bpf.c declares, in that order. */
struct object {
	struct bpf_load_head head;
	struct bpf_load_map events, state;
	struct bpf_load_prog progs[N_DROPS_PROGS];
};

static void close_fd(int fd)
{
	if (fd > 0)
		close(fd);
}

static void object_close(struct object *object)
{
	close_fd(object->events.fd);
	close_fd(object->state.fd);
	for (int i = 0; i < N_DROPS_PROGS; i++)
		close_fd(object->progs[i].fd);
}

static void watcher_close(struct drops_watcher *watcher)
{
	for (int i = 0; i < N_DROPS_PROGS; i++)
		close_fd(watcher->links[i]);
	if (watcher->state)
		munmap(watcher->state, sizeof(*watcher->state));
	if (watcher->events)
		munmap(watcher->events, WIRE_EVENTS * sizeof(*watcher->events));
	*watcher = (struct drops_watcher){};
}

static int map_memory(struct drops_watcher *watcher, const struct object *object)
{
	void *state = mmap(NULL, sizeof(*watcher->state), PROT_READ | PROT_WRITE, MAP_SHARED,
			   object->state.fd, 0);

	if (state == MAP_FAILED)
		return -errno;
	watcher->state = state;
	void *events = mmap(NULL, WIRE_EVENTS * sizeof(*watcher->events), PROT_READ, MAP_SHARED,
			    object->events.fd, 0);
	if (events == MAP_FAILED)
		return -errno;
	watcher->events = events;
	return 0;
}

static int attach(struct drops_watcher *watcher, const struct object *object, uint32_t only_netns)
{
	int err = map_memory(watcher, object);

	if (err)
		return err;
	assert(watcher->state);
	watcher->state->only_netns = only_netns;
	for (int i = 0; i < N_DROPS_PROGS && object->progs[i].fd > 0; i++) {
		union bpf_attr attr = {.raw_tracepoint.prog_fd = (uint32_t)object->progs[i].fd};
		watcher->links[i] = (int)syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
		if (watcher->links[i] < 0)
			return -errno;
	}
	return 0;
}

/* Kernels before 5.14 cannot run loading programs: libbpf, where it is installed, loads drops. */
static int load_by_library(struct object *object)
{
	static const struct bpf_libbpf_object file = {
		.bytes = drops_before_5_12_elf, .size = sizeof(drops_before_5_12_elf) - 1,
		.name = "drops", .map = "events", .program = "on_drop"};

	return bpf_libbpf_load(&file, &object->events.fd, &object->state.fd, &object->progs[0].fd);
}

static int watcher_open(struct drops_watcher *watcher, enum drops_watch what, uint32_t only_netns)
{
	AUTO(object_close) struct object object = {};
	int err;

	object.head.size = (uint32_t)(offsetof(struct object, progs) +
				      objects[what].n_progs * sizeof(object.progs[0]));
	err = bpf_load(&objects[what].bytes, &object.head);
	if (err && err != -EPERM && what == DROPS_WATCH_DROPS) {
		object = (struct object){};
		err = load_by_library(&object);
		watcher->parted = !err;
	}
	if (!err)
		err = attach(watcher, &object, only_netns);
	if (err)
		watcher_close(watcher);
	return err;
}

static void drops_closep(struct drops **drops)
{
	drops_close(*drops);
}

int drops_open(uint32_t only_netns, struct drops **ret_drops)
{
	AUTO(drops_closep) struct drops *drops = calloc(1, sizeof(*drops));
	int first = -ENOMEM;
	bool any = false;

	for (unsigned i = 0; drops && i < N_DROPS_WATCHERS; i++) {
		int err = watcher_open(&drops->watchers[i], (enum drops_watch)i, only_netns);
		if (!i)
			first = err;
		any |= !err;
	}
	if (!any)
		return first;
	*ret_drops = take(drops);
	return 0;
}

void drops_close(struct drops *drops)
{
	for (unsigned i = 0; drops && i < N_DROPS_WATCHERS; i++)
		watcher_close(&drops->watchers[i]);
	free(drops);
}

size_t drops_in_use(const struct drops_watcher *watcher)
{
	const uint64_t wanted = __atomic_load_n(&watcher->state->n, __ATOMIC_ACQUIRE);

	return watcher->parted || wanted > WIRE_EVENTS ? WIRE_EVENTS : wanted;
}
