// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * The kernel's own list of network namespaces: also of those that no process lives in and no file
 * names, so that user space knows whether it has found them all. Run once, by BPF_PROG_RUN.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/kernel.h"
#include "bpf/wire_netns.h"

char _license[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct wire_netns_list);
} lists SEC(".maps");

struct walk {
	struct wire_netns_list *list;
	__u64 first, at; /* addresses of struct net.list */
	__u64 ops;	 /* what tells a namespace from the head of the list */
};

static __always_inline bool is_dying(struct net *net)
{
	if (bpf_core_field_exists(net->ns.__ns_ref))
		return !BPF_CORE_READ(net, ns.__ns_ref.refs.counter);
	if (bpf_core_field_exists(net->ns.count))
		return !BPF_CORE_READ(net, ns.count.refs.counter);
	return false;
}

static long look(__u32 nth, struct walk *walk)
{
	struct net *net = (void *)(walk->at - bpf_core_field_offset(struct net, list));

	struct wire_netns_list *list = walk->list;

	if ((__u64)BPF_CORE_READ(net, ns.ops) == walk->ops && !is_dying(net)) {
		const __u32 n = list->n;
		if (n >= WIRE_NETNS_MAX)
			return 1;
		list->all[n].inode = BPF_CORE_READ(net, ns.inum);
		if (bpf_core_field_exists(net->ns.ns_id))
			list->all[n].id = BPF_CORE_READ(net, ns.ns_id);
		list->n = n + 1;
	}
	walk->at = (__u64)BPF_CORE_READ(net, list.next);
	if (walk->at == walk->first)
		list->complete = 1;
	return !walk->at || list->complete;
}

SEC("syscall")
int namespaces(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct net *own = BPF_CORE_READ(task, nsproxy, net_ns);
	struct walk walk = {.ops = (__u64)BPF_CORE_READ(own, ns.ops)};
	const __u32 zero = 0;

	walk.list = bpf_map_lookup_elem(&lists, &zero);
	if (!walk.list || !walk.ops)
		return 0;
	walk.first = walk.at = (__u64)own + bpf_core_field_offset(struct net, list);
	bpf_loop(2 * WIRE_NETNS_MAX, look, &walk, 0);
	return 0;
}
