/* SPDX-License-Identifier: MIT */
/* The user half of src/bpf/listens.bpf.c: a ring buffer that is only ever a bell. */
#include "sources/listens.h"
#include "base/auto.h"
#include "bpf/prebuilt/listens.h"
#include "bpf/wire_listens.h"
#include "sources/bpf_load.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The loaded object: what src/bpf/listens.bpf.c declares, in that order. */
struct object {
	struct bpf_load_head head;
	struct bpf_load_map wakes, state;
	struct bpf_load_prog prog;
};

struct listens {
	int ring, state_map, prog, link;
	struct wire_listens state;
	unsigned long *consumer; /* one page of ours */
	const unsigned long *producer; /* and one of the kernel's: Documentation/bpf/ringbuf.rst */
};

static void listens_closep(struct listens **listens)
{
	listens_close(*listens);
}

static int map_positions(struct listens *listens)
{
	const long page = sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_SHARED, listens->ring, 0);

	if (at == MAP_FAILED)
		return -errno;
	listens->consumer = at;
	at = mmap(NULL, (size_t)page, PROT_READ, MAP_SHARED, listens->ring, page);
	if (at == MAP_FAILED)
		return -errno;
	listens->producer = at;
	return 0;
}

static int put_state(const struct listens *listens)
{
	const uint32_t key = 0;
	union bpf_attr attr = {
		.map_fd = (uint32_t)listens->state_map,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)&listens->state,
	};

	return syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)) ? -errno : 0;
}

static int attach(struct listens *listens)
{
	union bpf_attr attr = {.raw_tracepoint.prog_fd = (uint32_t)listens->prog};

	listens->link = (int)syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
	return listens->link < 0 ? -errno : 0;
}

int listens_open(struct listens **ret_listens)
{
	static const struct bpf_load_bytes bytes = {
		.data = listens_data, .insns = listens_insns,
		.data_size = sizeof(listens_data) - 1, .insns_size = sizeof(listens_insns) - 1};
	struct object object = {.head.size = sizeof(object)};
	AUTO(listens_closep) struct listens *listens = calloc(1, sizeof(*listens));
	struct stat netns;

	if (!listens)
		return -ENOMEM;
	int err = bpf_load(&bytes, &object.head);
	listens->ring = object.wakes.fd;
	listens->state_map = object.state.fd;
	listens->prog = object.prog.fd;
	if (!err && stat("/proc/self/ns/net", &netns))
		err = -errno;
	if (!err) {
		listens->state.only_netns = (uint32_t)netns.st_ino;
		err = put_state(listens);
	}
	if (!err)
		err = map_positions(listens);
	if (!err)
		err = attach(listens);
	if (!err)
		*ret_listens = take(listens);
	return err;
}

void listens_close(struct listens *listens)
{
	if (!listens)
		return;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const int fds[] = {listens->link, listens->prog, listens->state_map, listens->ring};
	for (size_t i = 0; i < N_ELEMENTS(fds); i++)
		if (fds[i] > 0)
			close(fds[i]);
	if (listens->consumer)
		munmap(listens->consumer, page);
	if (listens->producer)
		munmap((void *)listens->producer, page);
	free(listens);
}

void listens_add_port(struct listens *listens, uint16_t port)
{
	listens->state.ports[port / 32] |= 1u << port % 32;
	put_state(listens);
}

int listens_fd(const struct listens *listens)
{
	return listens->ring;
}

void listens_clear(struct listens *listens)
{
	const unsigned long at = __atomic_load_n(listens->producer, __ATOMIC_ACQUIRE);

	__atomic_store_n(listens->consumer, at, __ATOMIC_RELEASE);
}
