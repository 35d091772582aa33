/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* The kernel's tables of TCP sockets: connections, and listeners. */
#ifndef BERTH_BPF_TABLES_H
#define BERTH_BPF_TABLES_H

#include "bpf/look.h"

enum { CHAIN_MAX = 4096 }; /* sockets in one bucket */

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
	if (!is_mini && !is_wanted_tcp(&sk->__sk_common))
		return NOTHING;
	struct socket *socket = is_mini ? NULL : GET(sk, sk_socket);
	if (socket && !shared.question.all_tables && state != STATE_LISTEN &&
	    !(shared.question.with_mptcp && bpf_core_field_exists(tcp->is_mptcp) &&
	      GET(tcp, is_mptcp))) {
		worker->n_held++;
		return NOTHING;
	}
	__u32 at = worker->n;
	if (at + 1 >= WIRE_WINDOW)
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
	if (shared.question.with_bind)
		put_bind(at + 1, address);
	worker->n += shared.question.with_bind ? 2 : 1;
	return 0;
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
	walk->node = WORD(walk->node); /* struct hlist_nulls_node.next */
	return 0;
}

struct table_walk {
	__u64 ehash, lhash;
	__u64 next, loaded; /* buckets */
	__u32 n_ehash, n_lhash, index;
	__u32 full;
};

#ifdef BERTH_BEFORE_6_2
static __always_inline int load_buckets(__u32 index, __u64 ehash)
{
	return 0;
}
#else
enum { ROUNDS = 4 }; /* longer chains are waited for one by one */

/* What look_at_sock() will read of the sockets of the next buckets: see load_ahead(). */
__noinline int load_buckets(__u32 index, __u64 ehash)
{
	const __u64 node_at = bpf_core_field_offset(struct sock_common, skc_nulls_node);
	__u64 sum = 0;

	index &= 1;
	for (__u32 i = 0; i < AHEAD; i++)
		ahead[index].words[i] = SLOT(ehash, i);
	for (__u32 round = 0; round < ROUNDS; round++)
		for (__u32 i = 0; i < AHEAD; i++) {
			const __u64 node = ahead[index].words[i];
			/* A chain ends in a small number; addresses have their first bit set. */
			struct sock *sk = CAST(struct sock,
					       (node - node_at) & (__u64)((__s64)node >> 63));
			sum += GET(sk, __sk_common.skc_state) + WORD(&sk->sk_socket);
			ahead[index].words[i] = WORD(node);
		}
	ahead[index].sum = sum;
	return 0;
}
#endif

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
		const __u64 bucket = walk->ehash + at * 8; /* struct inet_ehash_bucket: a chain */
		if (at >= walk->loaded) {
			walk->loaded = at + AHEAD;
			load_buckets(walk->index, bucket);
		}
		chain.node = WORD(bucket);
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

static __always_inline __u64 table_of(struct task_struct *task)
{
	struct net *net = GET(GET(task, nsproxy), net_ns);

	return (__u64)GET(net, ipv4.tcp_death_row.hashinfo);
}

/* Remember the table of a task's namespace if it is not the reader's: all share one by default. */
static __always_inline void note_table(struct task_struct *task)
{
	const __u64 table = table_of(task);
	const __u32 n = shared.n_foreign_tables;

	if (!table || table == table_of(current_task()))
		return;
	/* Free places hold 0. Without branches: 6.1's verifier loses the bounds of @n over them. */
	__u64 known = 0;
	for (__u32 i = 0; i < WIRE_TABLES; i++)
		known |= shared.foreign_tables[i] == table;
	if (known)
		return;
	if (n < WIRE_TABLES)
		shared.foreign_tables[n] = table;
	shared.n_foreign_tables = n + 1;
}

static __always_inline int walk_tables(void)
{
	const __u32 index = worker_index() & 1;
	struct wire_worker *worker = &shared.workers[index];

	if (worker->done)
		return 0;
	const __u32 nth = shared.question.foreign_table - 1;
	struct inet_hashinfo *hash = CAST(struct inet_hashinfo,
					  nth < WIRE_TABLES ? shared.foreign_tables[nth]
							    : table_of(current_task()));
	const __u32 unconnected = 1 << STATE_LISTEN | 1 << STATE_BOUND;
	const bool listeners_only = shared.question.states && !(shared.question.states & ~unconnected);
	const bool no_listeners = shared.question.states && !(shared.question.states >> STATE_LISTEN & 1);
	struct table_walk walk = {
		.ehash = WORD(&hash->ehash),
		.lhash = WORD(&hash->lhash2),
		.next = worker->next,
		.n_ehash = listeners_only ? 0 : GET(hash, ehash_mask) + 1,
		.n_lhash = no_listeners ? 0 : GET(hash, lhash2_mask) + 1,
		.index = index,
	};
	bpf_loop(SLOTS_A_CALL, walk_bucket, &walk, 0);
	worker->jiffies = bpf_jiffies64();
	worker->uptime_ns = bpf_ktime_get_ns();
	worker->next = walk.next;
	worker->done = !walk.full && walk.next >= (__u64)walk.n_ehash + walk.n_lhash;
	return !worker->done;
}

#endif
