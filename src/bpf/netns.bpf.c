// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * The kernel's own list of network namespaces: also of those that no process lives in and no file
 * names, so that user space knows whether it has found them all. BPF_PROG_RUN runs it once for each
 * entry: a program without maps, loops and calls loads in a fifth of a millisecond.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/kernel.h"
#include "bpf/wire_netns.h"

static __always_inline bool is_dying(struct net *net)
{
	if (bpf_core_field_exists(net->ns.__ns_ref))
		return !BPF_CORE_READ(net, ns.__ns_ref.refs.counter);
	if (bpf_core_field_exists(net->ns.count))
		return !BPF_CORE_READ(net, ns.count.refs.counter);
	return false;
}

SEC("syscall")
int namespaces(struct wire_netns *step)
{
	if (!step->at) {
		struct task_struct *task = (void *)bpf_get_current_task();
		struct net *own = BPF_CORE_READ(task, nsproxy, net_ns);
		step->at = (__u64)own + bpf_core_field_offset(struct net, list);
	}
	struct net *net = (void *)(step->at - bpf_core_field_offset(struct net, list));

	step->ops = (__u64)BPF_CORE_READ(net, ns.ops);
	step->inode = BPF_CORE_READ(net, ns.inum);
	step->dying = is_dying(net);
	if (bpf_core_field_exists(net->ns.ns_id))
		step->id = BPF_CORE_READ(net, ns.ns_id);
	step->next = (__u64)BPF_CORE_READ(net, list.next);
	return 0;
}
