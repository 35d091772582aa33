/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* From one file, process or socket of the kernel to the next record of a worker's window. */
#ifndef BERTH_BPF_LOOK_H
#define BERTH_BPF_LOOK_H

#include "bpf/fill.h"

/* NOTHING, how many records were filled, or WINDOW_FULL. */
enum look {
	NOTHING = 0,
	WINDOW_FULL = 1000,
};

enum {
	IN_FLIGHT = 0xFFFFFFFF, /* for an fd */
	MESSAGES_MAX = 8,	/* looked at in one queue */
	FILES_A_MESSAGE = 253,	/* SCM_MAX_FD */
	CHUNK_BITS = 10,
	SLOTS_A_CALL = 1 << 18, /* fds or buckets looked at before user space gets a word in */
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

/*
 * Nearly all time goes into waiting for memory that no cache holds, and for one socket each read
 * needs the answer of the one before. So the same read is made for many sockets in a row, which the
 * processor waits for together; then each is looked at. No branches: the verifier would follow each
 * of them in each round. Reads from addresses near 0 yield 0.
 */
enum { AHEAD = 16 };

struct {
	__u64 words[AHEAD];
	__u64 sum; /* keeps the reads from being left out */
	__u64 apart[7];
} ahead[WIRE_WORKERS];

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

/*
 * To a pointer of its own the verifier's trust costs it a search of all names of the kernel's types
 * at each access: so those are cast, too.
 */
static __always_inline struct task_struct *current_task(void)
{
#ifdef BERTH_BEFORE_5_17
	return (struct task_struct *)bpf_get_current_task();
#else
	return CAST(struct task_struct, (__u64)bpf_get_current_task_btf()); /* 5.11 */
#endif
}

#ifdef BERTH_BEFORE_5_17 /* no loop is long enough */
static __always_inline __u32 count_behind(__u64 node)
{
	return WIRE_BEHIND_MAX;
}
#else
struct behind_walk {
	__u64 node;
	__u32 n;
};

static long walk_behind(__u32 i, struct behind_walk *walk)
{
	if (!walk->node || walk->node & 1) /* include/linux/list_nulls.h */
		return 1;
	walk->n++;
	walk->node = WORD(walk->node); /* struct hlist_node.next */
	return 0;
}

static __always_inline __u32 count_behind(__u64 node)
{
	struct behind_walk walk = {
		.node = WORD(node),
	};

	bpf_loop(WIRE_BEHIND_MAX, walk_behind, &walk, 0);
	return walk.n;
}
#endif

/* Fill record @at with the rest of what there is to the TCP or UDP socket at @address. */
__noinline int put_bind(__u32 at, __u64 address)
{
	struct wire_record *record = bpf_map_lookup_elem(&records, &at);

	if (!record)
		return 0;
	struct wire_bind *to = &record->bind;
	struct tcp_sock *tcp = CAST(struct tcp_sock, address);
	struct sock *sk = &tcp->inet_conn.icsk_inet.sk;
	struct sock_common *common = &sk->__sk_common;
	const __u8 state = GET(common, skc_state);

	__builtin_memset(to, 0, sizeof(*to));
	record->kind = WIRE_BIND;
	if (state == STATE_TIME_WAIT) {
		fill_bucket(to, GET(CAST(struct inet_timewait_sock, address), tw_tb));
		return 0;
	}
	if (state == STATE_NEW_SYN_RECV)
		return 0;
	struct sock_reuseport *group = GET(sk, sk_reuseport_cb);
	if (group) {
		to->group_has_conns = BITFIELD(group, has_conns);
		if (bpf_core_field_exists(group->num_closed_socks)) /* 5.14 */
			to->group_has_closed = GET(group, num_closed_socks) != 0;
	}
	const __u16 protocol = GET(sk, sk_protocol);
	if (protocol == PROTO_TCP)
		fill_bucket(to, GET(&tcp->inet_conn, icsk_bind_hash));
	const __u64 first = address + bpf_core_field_offset(struct sock_common, skc_nulls_node);
	if (protocol == PROTO_TCP && state == STATE_LISTEN) {
		to->behind_in_chain = count_behind(first);
	} else if (protocol != PROTO_TCP && GET(common, skc_num)) {
		to->behind_in_port = count_behind(first);
		to->behind_in_chain = count_behind(
			address + bpf_core_field_offset(struct sock_common, skc_portaddr_node));
	}
	return 0;
}

/* May WIRE_BIND follow? */
static __always_inline bool tells_bind(__u16 family, __u16 protocol)
{
	return shared.question.with_bind && (family == IPV4 || family == IPV6) &&
	       (protocol == PROTO_TCP || protocol == PROTO_UDP || protocol == PROTO_UDPLITE);
}

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
	struct task_struct *reader = current_task();
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

static __always_inline bool is_tcp(struct sock *sk)
{
	const __u16 family = GET(sk, __sk_common.skc_family);

	return (family == IPV4 || family == IPV6) && GET(sk, sk_protocol) == PROTO_TCP;
}

/* Is the full TCP socket? */
static __always_inline bool is_wanted_tcp(struct sock_common *common)
{
	const __u8 state = GET(common, skc_state);

	if (shared.question.not_family && GET(common, skc_family) == shared.question.not_family)
		return false;
	if (shared.question.only_netns &&
	    GET(GET(common, skc_net.net), ns.inum) != shared.question.only_netns)
		return false;
	return !shared.question.states ||
	       shared.question.states >> (state == STATE_CLOSE ? STATE_BOUND : state & 31) & 1;
}

/* Is the file, which is no socket, an io_uring? Only the name of the first tells. */
static __always_inline bool is_ring(struct file *file, __u64 ops)
{
	if (shared.ring_ops)
		return ops == shared.ring_ops;
	const __u64 name = (__u64)GET(GET(file, f_path.dentry), d_name.name);
	/* "[io_urin" "g]" */
	if (WORD(name) != 0x6e6972755f6f695b || (SLOT(name, 1) & 0xffffff) != 0x5d67)
		return false;
	shared.ring_ops = ops;
	return true;
}

/* As look_at_file(), of a file that is no socket. */
__noinline int look_for_ring(__u32 index, __u32 fd, __u64 address, __u64 leader)
{
	struct wire_worker *worker = &shared.workers[index & 1];
	struct file *file = CAST(struct file, address);
	__u32 at = worker->n;

	if (!shared.question.with_flight || !is_ring(file, WORD(&file->f_op)))
		return NOTHING;
	if (at + 1 > WIRE_WINDOW)
		return WINDOW_FULL;
	at += (index & 1) * WIRE_WINDOW;
	struct wire_record *record = bpf_map_lookup_elem(&records, &at);
	if (!record)
		return WINDOW_FULL;
	put_process(at, leader);
	record->kind = WIRE_RING;
	record->process.fd = (__s32)fd;
	return 1;
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
		return fd == IN_FLIGHT ? NOTHING : look_for_ring(index, fd, address, leader);
	struct socket *socket = CAST(struct socket, GET(file, private_data));
	__u64 sk = WORD(&socket->sk);
	/* An O_PATH file of a socket in a file system is no socket. */
	if ((__u64)GET(socket, file) != address || !sk)
		return NOTHING;
	shared.socket_ops = ops;
	if (!is_wanted(CAST(struct sock_common, sk)))
		return NOTHING;
	if (is_tcp(CAST(struct sock, sk)) && !is_wanted_tcp(CAST(struct sock_common, sk)))
		return NOTHING;
	__u32 at = worker->n;
	/* A UNIX socket brings those in flight to it, and is not looked at twice. */
	if (at + (GET(CAST(struct sock_common, sk), skc_family) == UNIX && fd != IN_FLIGHT
			  ? MESSAGES_MAX * FILES_A_MESSAGE * 2 + 2
			  : 3) > WIRE_WINDOW)
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
	if (!tells_bind(record->socket.family, record->socket.protocol))
		return 1;
	put_bind(at + 1, sk);
	return 2;
}

#endif
