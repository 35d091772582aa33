/* SPDX-License-Identifier: MIT */
/* The user half of src/bpf/netns.bpf.c: load, run once, copy. */
#include "sources/netns_kernel.h"
#include "base/auto.h"
#include "bpf/prebuilt/netns.h"
#include "bpf/wire_netns.h"
#include "sources/bpf_choice.h"
#include "sources/bpf_load.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The loaded object: what src/bpf/netns.bpf.c declares. */
struct object {
	struct bpf_load_head head;
	struct bpf_load_map lists;
	struct bpf_load_prog namespaces;
};

static void object_close(struct object *object)
{
	if (object->lists.fd > 0)
		close(object->lists.fd);
	if (object->namespaces.fd > 0)
		close(object->namespaces.fd);
}

static int run(const struct object *object)
{
	union bpf_attr attr = {.test.prog_fd = (uint32_t)object->namespaces.fd};

	return syscall(SYS_bpf, BPF_PROG_RUN, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

static int copy(const struct wire_netns_list *list, struct netns_id **ret_ids, size_t *ret_n)
{
	const uint32_t n = list->n < WIRE_NETNS_MAX ? list->n : WIRE_NETNS_MAX;

	if (!list->complete)
		return n == WIRE_NETNS_MAX ? -E2BIG : -EAGAIN;
	struct netns_id *ids = calloc(n + 1, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		ids[i] = (struct netns_id){.id = list->all[i].id, .inode = list->all[i].inode};
	*ret_ids = ids;
	*ret_n = n;
	return 0;
}

int netns_kernel_list(struct netns_id **ret_ids, size_t *ret_n)
{
	static const struct bpf_load_bytes bytes = {
		.data = netns_data, .insns = netns_insns, .data_size = sizeof(netns_data) - 1,
		.insns_size = sizeof(netns_insns) - 1};
	AUTO(object_close) struct object object = {.head.size = sizeof(object)};

	if (!bpf_is_allowed())
		return -EPERM;
	int err = bpf_load(&bytes, &object.head);
	if (!err)
		err = run(&object);
	if (err)
		return err;
	const struct wire_netns_list *list =
		mmap(NULL, sizeof(*list), PROT_READ, MAP_SHARED, object.lists.fd, 0);
	if (list == MAP_FAILED)
		return -errno;
	err = copy(list, ret_ids, ret_n);
	munmap((void *)list, sizeof(*list));
	return err;
}
