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
#include "bpf/fill.h"

char _license[] SEC("license") = "Dual MIT/GPL";

enum look {
	NOTHING,
	FILLED,
	WINDOW_FULL,
};

enum {
	IN_FLIGHT = 0xFFFFFFFF, /* for an fd */
	MESSAGES_MAX = 8,	/* looked at in one queue */
	FILES_A_MESSAGE = 253,	/* SCM_MAX_FD */
	CHUNK_BITS = 10,
	SLOTS_A_CALL = 1 << 18, /* fds or buckets looked at before user space gets a word in */
	CHAIN_MAX = 4096,	/* sockets in one bucket */
	FILE_TYPE = 0170000,
	FILE_IS_SOCKET = 0140000,
	UNIX = 1, /* AF_UNIX */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WIRE_WORKERS * WIRE_WINDOW);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct wire_record);
} records SEC(".maps");

struct wire_shared shared;

/* Which worker does the reader of this iterator drive? */
static __always_inline __u32 worker_index(void)
{
	return shared.question.workers > 1 && (__u32)bpf_get_current_pid_tgid() == shared.question.reader_tids[1];
}

/*
 * Fill record @at from the full socket at @address, whatever its family: members beyond its
 * structure are not looked at. Global functions are verified once, not once for every path to them.
 */
__noinline int put_socket(__u32 at, __u64 address)
{
	struct wire_record *record = bpf_map_lookup_elem(&records, &at);

	if (!record)
		return 0;
	struct tcp_sock *tcp = CAST(struct tcp_sock, address);
	struct inet_sock *inet = &tcp->inet_conn.icsk_inet;
	struct sock *sk = &inet->sk;
	struct wire_socket *to = &record->socket;
	clear(to);
	fill_common(to, &sk->__sk_common);
	to->uid = GET(sk, sk_uid.val);
	to->mark = GET(sk, sk_mark);
	to->protocol = GET(sk, sk_protocol);
	to->type = GET(sk, sk_type);
	to->shutdown = GET(sk, sk_shutdown);
	if (to->family != IPV4 && to->family != IPV6)
		return 0;
	if (to->protocol == PROTO_TCP)
		fill_tcp(to, tcp);
	if (shared.question.with_bind)
		fill_bind(to, tcp);
	return 0;
}

/* --- The file tables of all tasks. --- */

struct task_walk {
	struct task_struct *task;
	__u64 leader, files, table, slots; /* addresses */
	__u64 next;
	__u32 max_fds, index, tgid;
	__u32 full;
};

static __always_inline struct upid *upid_at(struct pid *pid, __u32 level)
{
	return CAST(struct upid, (__u64)pid + bpf_core_field_offset(pid->numbers) +
					 (__u64)level * bpf_core_type_size(struct upid));
}

/* Fill record @at from the thread group whose leader is at @address. */
__noinline int put_process(__u32 at, __u64 address)
{
	struct wire_record *record = bpf_map_lookup_elem(&records, &at);

	if (!record)
		return 0;
	struct task_struct *leader = CAST(struct task_struct, address);
	struct task_struct *reader = (void *)bpf_get_current_task_btf();
	struct pid *pid = GET(leader, thread_pid);
	struct pid *parent = GET(GET(GET(leader, real_parent), group_leader), thread_pid);
	struct wire_process *to = &record->process;
	const __u32 level = GET(GET(reader, thread_pid), level), inner = GET(pid, level);
	struct upid *last = upid_at(pid, inner);

	record->kind = WIRE_PROCESS;
	to->start_ns = GET(leader, start_boottime);
	to->pid = GET(upid_at(pid, level), nr);
	to->pid_inner = inner > level ? GET(last, nr) : 0;
	to->parent = GET(parent, level) < level ? 0 : GET(upid_at(parent, level), nr);
	to->uid = GET(GET(leader, real_cred), uid.val);
	to->netns = GET(GET(GET(leader, nsproxy), net_ns), ns.inum);
	to->pidns = GET(GET(last, ns), ns.inum);
	to->userns = GET(GET(GET(leader, real_cred), user_ns), ns.inum);
	bpf_probe_read_kernel(to->comm, sizeof(to->comm), leader->comm);
	return 0;
}

/* Has nothing of the way to slot @fd changed since @file was read from it? */
static __always_inline bool still_there(struct task_walk *walk, __u64 fd, __u64 file)
{
	barrier();
	return SLOT(walk->slots, fd) == file &&
	       (__u64)GET(CAST(struct files_struct, walk->files), fdt) == walk->table &&
	       (__u64)GET(walk->task, files) == walk->files;
}

/* Is the socket one that was asked for? */
static __always_inline bool is_wanted(struct sock_common *common)
{
	if (!shared.question.local_port && !shared.question.only_inet)
		return true;
	__u16 family = GET(common, skc_family);
	if (family != IPV4 && family != IPV6)
		return !shared.question.only_inet || (family == UNIX && shared.question.with_flight);
	return !shared.question.local_port || GET(common, skc_num) == shared.question.local_port;
}

/*
 * The file behind one slot: the next record of the window is filled from it, after one of its
 * process if that was not told yet, but the record does not count yet.
 */
__noinline int look_at_file(__u32 index, __u32 fd, __u64 address, __u64 leader)
{
	struct wire_worker *worker = &shared.workers[index & 1];
	struct file *file = CAST(struct file, address);
	struct inode *inode = GET(file, f_inode);
	const __u64 ops = WORD(&file->f_op);

	/* The first socket is known by its inode; all others have the same operations. */
	if (shared.socket_ops ? shared.socket_ops != ops
			      : (GET(inode, i_mode) & FILE_TYPE) != FILE_IS_SOCKET)
		return NOTHING;
	struct socket *socket = CAST(struct socket, GET(file, private_data));
	__u64 sk = WORD(&socket->sk);
	/* An O_PATH file of a socket in a file system is no socket. */
	if ((__u64)GET(socket, file) != address || !sk)
		return NOTHING;
	shared.socket_ops = ops;
	if (!is_wanted(CAST(struct sock_common, sk)))
		return NOTHING;
	__u32 at = worker->n;
	/* A UNIX socket brings those in flight to it, and is not looked at twice. */
	if (at + (GET(CAST(struct sock_common, sk), skc_family) == UNIX && fd != IN_FLIGHT
			  ? MESSAGES_MAX * FILES_A_MESSAGE + 2
			  : 2) > WIRE_WINDOW)
		return WINDOW_FULL;
	at += (index & 1) * WIRE_WINDOW;
	if (!worker->told) {
		put_process(at++, leader);
		worker->n++;
		worker->told = 1;
	}
	struct wire_record *record = bpf_map_lookup_elem(&records, &at);
	if (!record)
		return WINDOW_FULL;
	put_socket(at, sk);
	record->kind = WIRE_SOCKET;
	struct sock *sock = CAST(struct sock, sk);
	if (bpf_core_field_exists(sock->sk_ino)) /* nearer than the inode */
		record->socket.inode = (__u32)GET(sock, sk_ino);
	else
		record->socket.inode = (__u32)GET(inode, i_ino);
	record->socket.fd = (__s32)fd;
	return FILLED;
}

/* --- Sockets on their way to another process (SCM_RIGHTS). --- */

struct message_walk {
	__u64 parms; /* address of the struct unix_skb_parms */
	__u64 files; /* and of the struct scm_fp_list it points to */
	__u64 leader;
	__u32 index, count;
};

static long walk_message(__u32 i, struct message_walk *walk)
{
	if (i >= walk->count)
		return 1;
	__u64 file = SLOT(walk->files + bpf_core_field_offset(struct scm_fp_list, fp), i);
	if (!file || look_at_file(walk->index, IN_FLIGHT, file, walk->leader) != FILLED)
		return 0;
	barrier();
	/* Received meanwhile? Then it is in a table, or will be. */
	if ((__u64)GET(CAST(struct unix_skb_parms, walk->parms), fp) == walk->files)
		shared.workers[walk->index & 1].n++;
	return 0;
}

struct queue_walk {
	__u64 head, skb; /* addresses; the queue is a ring that begins at its head */
	__u64 leader;
	__u32 index;
};

static long walk_queue(__u32 i, struct queue_walk *walk)
{
	if (!walk->skb || walk->skb == walk->head)
		return 1;
	struct sk_buff *skb = CAST(struct sk_buff, walk->skb);
	struct message_walk message = {
		.parms = walk->skb + bpf_core_field_offset(struct sk_buff, cb),
		.leader = walk->leader,
		.index = walk->index,
	};
	message.files = WORD(message.parms + bpf_core_field_offset(struct unix_skb_parms, fp));
	if (message.files) {
		message.count = (__u16)GET(CAST(struct scm_fp_list, message.files), count);
		if (message.count <= FILES_A_MESSAGE)
			bpf_loop(FILES_A_MESSAGE, walk_message, &message, 0);
	}
	walk->skb = WORD(&skb->next);
	return 0;
}

/* The messages that wait for the UNIX socket of the file at @address, if it is one. */
__noinline int look_in_queue(__u32 index, __u64 address, __u64 leader)
{
	__u64 sk = WORD(&CAST(struct socket, GET(CAST(struct file, address), private_data))->sk);

	if (!sk || GET(CAST(struct sock_common, sk), skc_family) != UNIX)
		return 0;
	struct queue_walk walk = {
		.head = sk + bpf_core_field_offset(struct sock, sk_receive_queue),
		.leader = leader,
		.index = index,
	};
	walk.skb = WORD(walk.head + bpf_core_field_offset(struct sk_buff_head, next));
	bpf_loop(MESSAGES_MAX, walk_queue, &walk, 0);
	return 0;
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

/* --- The TCP tables. --- */

struct chain_walk {
	__u64 node;
	__u32 index;
	__u32 full;
};

/* Fill record @at from a connection that waits out its end, or a half-open one. */
__noinline int put_mini(__u32 at, __u64 address)
{
	struct wire_record *record = bpf_map_lookup_elem(&records, &at);

	if (!record)
		return 0;
	struct wire_socket *to = &record->socket;
	clear(to);
	fill_common(to, CAST(struct sock_common, address));
	to->protocol = PROTO_TCP;
	if (to->state == STATE_TIME_WAIT) {
		struct inet_timewait_sock *tw = CAST(struct inet_timewait_sock, address);
		to->state = GET(tw, tw_substate);
		to->mark = GET(tw, tw_mark);
		to->local_port = __builtin_bswap16(GET(tw, tw_sport));
		fill_timer(to, GET(tw, tw_timer.expires), WIRE_TIMER_WAIT);
	} else {
		struct inet_request_sock *inet = CAST(struct inet_request_sock, address);
		to->mark = GET(inet, ir_mark);
		to->retransmits = GET(inet, req.num_retrans);
		fill_timer(to, GET(inet, req.rsk_timer.expires), WIRE_TIMER_RETRANS);
	}
	return 0;
}

/* One socket of a chain: a record of it counts at once. */
__noinline int look_at_sock(__u32 index, __u64 address)
{
	struct wire_worker *worker = &shared.workers[index & 1];
	struct tcp_sock *tcp = CAST(struct tcp_sock, address);
	struct sock *sk = &tcp->inet_conn.icsk_inet.sk;
	const __u8 state = GET(sk, __sk_common.skc_state);
	const bool is_mini = state == STATE_TIME_WAIT || state == STATE_NEW_SYN_RECV;

	if (shared.question.local_port && GET(sk, __sk_common.skc_num) != shared.question.local_port)
		return NOTHING;
	struct socket *socket = is_mini ? NULL : GET(sk, sk_socket);
	if (socket && !shared.question.all_tables && state != STATE_LISTEN &&
	    !(shared.question.with_mptcp && bpf_core_field_exists(tcp->is_mptcp) &&
	      GET(tcp, is_mptcp))) {
		worker->n_held++;
		return NOTHING;
	}
	__u32 at = worker->n;
	if (at >= WIRE_WINDOW)
		return WINDOW_FULL;
	at += (index & 1) * WIRE_WINDOW;
	struct wire_record *record = bpf_map_lookup_elem(&records, &at);
	if (!record)
		return WINDOW_FULL;
	if (is_mini)
		put_mini(at, address);
	else
		put_socket(at, address);
	record->kind = WIRE_LOOSE;
	record->socket.fd = -1;
	struct file *file = socket ? GET(socket, file) : NULL;
	if (file) {
		record->socket.flags += WIRE_HAS_FILE;
		record->socket.inode = (__u32)GET(GET(file, f_inode), i_ino);
	} else if (!bpf_core_field_exists(sk->sk_ino)) {
		/* Until 6.17 the user of a socket without a file was not kept. */
		record->socket.uid = 0;
	}
	worker->n++;
	return FILLED;
}

static long walk_chain(__u32 i, struct chain_walk *walk)
{
	/* The end of a chain is marked by the lowest bit: include/linux/list_nulls.h. */
	if (!walk->node || walk->node & 1)
		return 1;
	__u64 address = walk->node - bpf_core_field_offset(struct sock_common, skc_nulls_node);
	if (look_at_sock(walk->index, address) == WINDOW_FULL) {
		walk->full = 1;
		return 1;
	}
	walk->node = WORD(&CAST(struct hlist_nulls_node, walk->node)->next);
	return 0;
}

struct table_walk {
	__u64 ehash, lhash;
	__u64 next;
	__u32 n_ehash, n_lhash, index;
	__u32 full;
};

static long walk_bucket(__u32 i, struct table_walk *walk)
{
	struct chain_walk chain = {.index = walk->index};
	struct wire_worker *worker = &shared.workers[walk->index & 1];
	const __u64 at = walk->next;

	if (at >= (__u64)walk->n_ehash + walk->n_lhash)
		return 1;
	if (shared.question.workers > 1 && ((at >> CHUNK_BITS) & 1) != walk->index) {
		walk->next = (at | ((1 << CHUNK_BITS) - 1)) + 1;
		return 0;
	}
	if (at < walk->n_ehash) {
		struct inet_ehash_bucket *bucket = CAST(struct inet_ehash_bucket,
			walk->ehash + at * bpf_core_type_size(struct inet_ehash_bucket));
		chain.node = WORD(&bucket->chain.first);
	} else {
		struct inet_listen_hashbucket *bucket = CAST(struct inet_listen_hashbucket,
			walk->lhash + (at - walk->n_ehash) *
					      bpf_core_type_size(struct inet_listen_hashbucket));
		chain.node = WORD(&bucket->nulls_head.first);
	}
	const __u64 before = worker->n;
	if (!(chain.node & 1))
		bpf_loop(CHAIN_MAX, walk_chain, &chain, 0);
	if (chain.full) {
		worker->n = before; /* the whole bucket again, into an empty window */
		walk->full = 1;
		return 1;
	}
	walk->next = at + 1;
	return 0;
}

static __always_inline int walk_tables(void)
{
	const __u32 index = worker_index() & 1;
	struct wire_worker *worker = &shared.workers[index];

	if (worker->done)
		return 0;
	struct task_struct *reader = (void *)bpf_get_current_task_btf();
	struct net *net = GET(GET(reader, nsproxy), net_ns);
	struct inet_hashinfo *hash = GET(net, ipv4.tcp_death_row.hashinfo);
	struct table_walk walk = {
		.ehash = WORD(&hash->ehash),
		.lhash = WORD(&hash->lhash2),
		.next = worker->next,
		.n_ehash = GET(hash, ehash_mask) + 1,
		.n_lhash = GET(hash, lhash2_mask) + 1,
		.index = index,
	};
	bpf_loop(SLOTS_A_CALL, walk_bucket, &walk, 0);
	worker->jiffies = bpf_jiffies64();
	worker->uptime_ns = bpf_ktime_get_ns();
	worker->next = walk.next;
	worker->done = !walk.full && walk.next >= (__u64)walk.n_ehash + walk.n_lhash;
	return !worker->done;
}

SEC("iter/task")
int sockets(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (!task)
		return 0;
	return shared.question.tables ? walk_tables() : walk_task(task);
}
