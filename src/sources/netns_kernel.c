/* SPDX-License-Identifier: MIT */
/* The user half of src/bpf/netns.bpf.c: load, run for each entry of the list. */
#include "sources/netns_kernel.h"
#include "base/array.h"
#include "base/auto.h"
#include "bpf/prebuilt/netns.h"
#include "bpf/wire_netns.h"
#include "sources/bpf_choice.h"
#include "sources/bpf_load.h"
#include "sources/proc_dir.h"

#include <errno.h>
#include <stdlib.h>

enum { NAMESPACES_MAX = 4095, TRIES = 5 };

struct list {
	struct netns_id *ids;
	size_t n, room;
};

static void list_release(struct list *list)
{
	free(list->ids);
}

int netns_kernel_open(void)
{
	static const struct bpf_load_sections sections = {
		.insns = netns_insns, .btf = netns_btf, .ext = netns_ext,
		.insns_size = sizeof(netns_insns) - 1, .btf_size = sizeof(netns_btf) - 1};

	if (!bpf_is_allowed() || !proc_in_first_pid_namespace())
		return -EPERM;
	return bpf_load_program(&sections);
}

static int add(struct list *list, const struct wire_netns *step)
{
	if (list->n == NAMESPACES_MAX)
		return -E2BIG;
	if (!array_grow(&list->ids, list->n, &list->room, sizeof(*list->ids)))
		return -ENOMEM;
	list->ids[list->n++] = (struct netns_id){.id = step->id, .inode = step->inode};
	return 0;
}

/*
 * Nothing holds the list between two steps: an entry may be freed and used for something else. One
 * entry is no namespace, the head of the list; a second one, or none, and the walk went astray.
 */
static int walk(int prog, struct list *list)
{
	struct wire_netns step = {0};
	wire_u64 first = 0, ops = 0;
	unsigned n_heads = 0;

	list->n = 0;
	do {
		step.at = step.next;
		int err = bpf_run_program(prog, &step, sizeof(step));
		if (err)
			return err;
		first = first ? first : step.at;
		ops = ops ? ops : step.ops;
		if (!ops || !step.next || (step.ops != ops && n_heads++))
			return -EAGAIN;
		if (step.ops == ops && !step.dying)
			err = add(list, &step);
		if (err)
			return err;
	} while (step.next != first);
	return n_heads ? 0 : -EAGAIN;
}

int netns_kernel_list(int prog, struct netns_id **ret_ids, size_t *ret_n)
{
	AUTO(list_release) struct list list = {0};
	int err = -EAGAIN;

	for (int i = 0; i < TRIES && err == -EAGAIN; i++)
		err = walk(prog, &list);
	if (err)
		return err;
	*ret_ids = take(list.ids);
	*ret_n = list.n;
	return 0;
}

bool netns_kernel_is_only(int prog)
{
	AUTO(freep) struct netns_id *ids = NULL;
	size_t n = 0;

	return prog >= 0 && !netns_kernel_list(prog, &ids, &n) && n == 1;
}
