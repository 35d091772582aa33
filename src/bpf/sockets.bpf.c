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
	__u64 next, loaded; /* fds */
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

#ifdef BERTH_BEFORE_6_2
static __always_inline int load_ahead(__u32 index, __u64 slots, __u64 first)
{
	return 0;
}
#else
/* What look_at_file() will read of an IPv4 or IPv6 socket at @address. */
static __always_inline __u64 load_socket(__u64 address)
{
	struct tcp_sock *tcp = CAST(struct tcp_sock, address);
	struct inet_connection_sock *icsk = &tcp->inet_conn;
	struct sock *sk = &icsk->icsk_inet.sk;

	return GET(sk, __sk_common.skc_family) + GET(sk, __sk_common.skc_cookie.counter) +
	       GET(sk, sk_uid.val) + GET(sk, sk_ino) + GET(icsk, icsk_pending) +
	       GET(tcp, copied_seq) + GET(tcp, write_seq) + GET(tcp, rcv_nxt);
}

/* What look_at_file() will read for slots @first and following. */
__noinline int load_ahead(__u32 index, __u64 slots, __u64 first)
{
	const __u64 ops = shared.socket_ops;
	__u64 sum = 0;

	index &= 1;
	for (__u32 i = 0; i < AHEAD; i++)
		ahead[index].words[i] = SLOT(slots, first + i);
	for (__u32 i = 0; i < AHEAD; i++) {
		struct file *file = CAST(struct file, ahead[index].words[i]);
		const __u64 other = WORD(&file->f_op) ^ ops;
		ahead[index].words[i] = WORD(&file->private_data) & (((other | -other) >> 63) - 1);
	}
	for (__u32 i = 0; i < AHEAD; i++)
		ahead[index].words[i] = WORD(&CAST(struct socket, ahead[index].words[i])->sk);
	for (__u32 i = 0; i < AHEAD; i++)
		sum += load_socket(ahead[index].words[i]);
	ahead[index].sum = sum;
	return 0;
}
#endif

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
	if (fd >= walk->loaded) {
		walk->loaded = (fd | (AHEAD - 1)) + 1;
		load_ahead(walk->index, walk->slots, walk->loaded - AHEAD);
	}
	__u64 file = SLOT(walk->slots, fd);
	int found = file ? look_at_file(walk->index, (__u32)fd, file, walk->leader) : NOTHING;
	if (found == WINDOW_FULL) {
		walk->full = 1;
		return 1;
	}
	if (found) {
		const bool counts = still_there(walk, fd, file);
		worker->n += counts ? found : 0;
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
		.slots = WORD(&table->fd),
		.max_fds = GET(table, max_fds),
		.index = index,
	};
	if (!index)
		note_table(task);
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
	struct task_struct *task = CAST(struct task_struct, (__u64)ctx->task);

	if (!ctx->task)
		return 0;
	return shared.question.tables ? walk_tables() : walk_task(task);
}
