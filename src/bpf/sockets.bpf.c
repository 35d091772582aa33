// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Every socket of every process in every network namespace, by walking the file tables of all
 * tasks, and the TCP sockets no process holds, by walking the kernel's TCP tables. Observes and
 * copies; what it means is decided in user space.
 *
 * iter/task is only the way in: each call of a program fills the worker's window with records and
 * asks to be called again for the same task (return 1) while there is more. Two workers share the
 * work by taking turns of CHUNK fds or buckets.
 *
 * Nothing is locked and no file is pinned. What is read may change meanwhile; so a record counts
 * only if afterwards the task still has its file table, the table its array and the slot its file.
 */
#include "bpf/flight.h"
#include "bpf/look.h"
#include "bpf/tables.h"

char _license[] SEC("license") = "Dual MIT/GPL";

struct task_walk {
	struct task_struct *task;
	__u64 leader, files, table, slots; /* addresses */
	__u64 next;
	__u32 max_fds, index, tgid;
	__u32 full;
};

/* Has nothing of the way to slot @fd changed since @file was read from it? */
static __always_inline bool still_there(struct task_walk *walk, __u64 fd, __u64 file)
{
	barrier();
	return SLOT(walk->slots, fd) == file &&
	       (__u64)GET(CAST(struct files_struct, walk->files), fdt) == walk->table &&
	       (__u64)GET(walk->task, files) == walk->files;
}

static long walk_slot(__u32 i, struct task_walk *walk)
{
	const __u64 fd = walk->next;
	struct wire_worker *worker = &shared.workers[walk->index & 1];

	if (fd >= walk->max_fds)
		return 1;
	/* The other worker's chunk. */
	if (shared.question.workers > 1 &&
	    (((fd >> CHUNK_BITS) + walk->tgid) & 1) != walk->index) {
		walk->next = (fd | ((1 << CHUNK_BITS) - 1)) + 1;
		return 0;
	}
	__u64 file = SLOT(walk->slots, fd);
	int found = file ? look_at_file(walk->index, (__u32)fd, file, walk->leader) : NOTHING;
	if (found == WINDOW_FULL) {
		walk->full = 1;
		return 1;
	}
	if (found == FILLED) {
		const bool counts = still_there(walk, fd, file);
		worker->n += counts;
		worker->n_denied += !counts;
		if (counts && shared.question.with_flight)
			look_in_queue(walk->index, file, walk->leader);
	}
	walk->next = fd + 1;
	return 0;
}

static __always_inline int walk_task(struct task_struct *task)
{
	struct files_struct *files = GET(task, files);
	/* Threads mostly share their leader's table. */
	if (!files || (GET(task, pid) != GET(task, tgid) &&
		       GET(GET(task, group_leader), files) == files))
		return 0;
	struct fdtable *table = GET(files, fdt);
	const __u32 index = worker_index() & 1;
	struct wire_worker *worker = &shared.workers[index];
	struct task_walk walk = {
		.task = task,
		.leader = WORD(&task->group_leader),
		.tgid = GET(task, tgid),
		.files = (__u64)files,
		.table = (__u64)table,
		.slots = (__u64)GET(table, fd),
		.max_fds = GET(table, max_fds),
		.index = index,
	};
	worker->told = 0;
	const bool again = worker->task_pid == (__u32)GET(task, pid) &&
			   worker->task_start == GET(task, start_boottime);

	if (again)
		walk.next = worker->next;
	bpf_loop(SLOTS_A_CALL, walk_slot, &walk, 0);
	worker->jiffies = bpf_jiffies64();
	worker->uptime_ns = bpf_ktime_get_ns();
	if (!walk.full && walk.next >= walk.max_fds) {
		worker->task_pid = 0;
		return 0;
	}
	worker->task_pid = GET(task, pid);
	worker->task_start = GET(task, start_boottime);
	worker->next = walk.next;
	return 1;
}

SEC("iter/task")
int sockets(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (!task)
		return 0;
	return shared.question.tables ? walk_tables() : walk_task(task);
}
