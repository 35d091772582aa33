// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Which process holds which socket, for kernels before 5.17: their programs have no loop long
 * enough for a table of files, so the kernel walks the tables itself and shows one file a call. Not seen: what
 * is in flight, and the TCP tables; sock_diag tells of sockets there.
 */
#define BERTH_BEFORE_6_2
#define BERTH_BEFORE_5_17
#include "bpf/look.h"

char _license[] SEC("license") = "Dual MIT/GPL";

SEC("iter/task_file")
int holders(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct wire_worker *worker = &shared.workers[0];

	if (!task || !file)
		return 0;
	/* Only tasks with a table of their own are shown; start times tell a pid used again. */
	const __u32 pid = GET(task, pid);
	const __u64 start = GET(task, start_boottime);
	if (worker->task_pid != pid || worker->task_start != start) {
		worker->task_pid = pid;
		worker->task_start = start;
		worker->told = 0;
	}
	/*
	 * The file as a number: a pointer may not be handed to a function. The slot holds another
	 * one by now? Then that is looked at, if it stays while we do.
	 */
	const __u64 slots = WORD(&GET(GET(task, files), fdt)->fd), at = SLOT(slots, ctx->fd);
	const int found = look_at_file(0, ctx->fd, at, WORD(&task->group_leader));
	if (found != WINDOW_FULL && SLOT(slots, ctx->fd) == at)
		worker->n += found;
	return found == WINDOW_FULL; /* 1: the same file again, after the window was read */
}
