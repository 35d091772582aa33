/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* From the kernel's socket to the record that user space reads: copies, decides nothing. */
#ifndef BERTH_BPF_FILL_H
#define BERTH_BPF_FILL_H

#include "bpf/kernel.h"

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/wire.h"

enum {
	IPV4 = 2,
	IPV6 = 10,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_UDPLITE = 136,
	FLAG_KEEPALIVE = 3, /* SOCK_KEEPOPEN, include/net/sock.h */
	STATE_ESTABLISHED = 1,
	STATE_TIME_WAIT = 6,
	STATE_CLOSE = 7,
	STATE_LISTEN = 10,
	STATE_NEW_SYN_RECV = 12,
	STATE_BOUND = 13, /* of sock_diag: closed, but with a port */
	/* icsk_pending, include/net/inet_connection_sock.h */
	PENDING_RETRANS = 1,
	PENDING_PROBE0 = 3,
	PENDING_LOSS_PROBE = 5,
	PENDING_REORDER = 6,
};

/*
 * CAST: any address as a pointer to a kernel structure. GET: a member behind it; a load that
 * faults yields 0. Plain loads are five times faster, but need Linux 6.2.
 */
#ifdef BERTH_BEFORE_6_2
#define CAST(type, address) ((type *)(address))
#define GET(pointer, member)                                                                       \
	({                                                                                         \
		__typeof__(pointer) pointer_ = (pointer);                                          \
		__typeof__(pointer_->member) value_;                                               \
		bpf_probe_read_kernel((void *)&value_, sizeof(value_),                     \
				      (const void *)&pointer_->member);                    \
		value_;                                                                            \
	})
#define BITFIELD BPF_CORE_READ_BITFIELD_PROBED
#else
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;
#define CAST(type, address) ((type *)bpf_rdonly_cast((void *)(address), bpf_core_type_id_kernel(type)))
#define GET(pointer, member) ((pointer)->member)
#define BITFIELD BPF_CORE_READ_BITFIELD
#endif
/*
 * Each kind of structure that is accessed as such is looked for among all names of the kernel's
 * types at load: half a millisecond, and again for those whose hashes meet. So what stands first
 * in a structure is read as a word.
 */

/*
 * The 8 bytes at @address as a number: a pointer's bits may be tested only if the verifier does
 * not know it as one, so they are read by way of a structure that begins with an integer.
 */
#define WORD(address) ((__u64)GET(CAST(struct timespec64, address), tv_sec))
#define SLOT(address, nth) WORD((__u64)(address) + 8ull * (nth))

static __always_inline void copy_address(wire_u8 *to, struct in6_addr *from)
{
	__u64 *words = (__u64 *)to;

	words[0] = SLOT(from, 0);
	words[1] = SLOT(from, 1);
}

static __always_inline void clear(struct wire_socket *to)
{
	__u64 *words = (__u64 *)to;

	for (unsigned i = 0; i < sizeof(*to) / sizeof(*words); i++)
		words[i] = 0;
}

static __always_inline void fill_common(struct wire_socket *to, struct sock_common *from)
{
	to->cookie = GET(from, skc_cookie.counter);
	to->family = GET(from, skc_family);
	to->state = GET(from, skc_state);
	to->device = GET(from, skc_bound_dev_if);
	to->netns = GET(GET(from, skc_net.net), ns.inum);
	to->local_port = GET(from, skc_num);
	to->remote_port = __builtin_bswap16(GET(from, skc_dport));
	if (to->family == IPV4) {
		*(__u32 *)to->local = GET(from, skc_rcv_saddr);
		*(__u32 *)to->remote = GET(from, skc_daddr);
	} else if (to->family == IPV6) {
		copy_address(to->local, &from->skc_v6_rcv_saddr);
		copy_address(to->remote, &from->skc_v6_daddr);
	}
	to->reuse = BITFIELD(from, skc_reuse);
	to->flags = BITFIELD(from, skc_reuseport) * WIRE_REUSEPORT +
		    BITFIELD(from, skc_ipv6only) * WIRE_V6ONLY;
}

static __always_inline void fill_timer(struct wire_socket *to, ulong expires, __u8 timer)
{
	to->timer = timer;
	to->timer_jiffies = (__s32)((__u32)expires - (__u32)bpf_jiffies64());
}

/* As tcp_diag and inet_sk_diag_fill() do: net/ipv4/inet_diag.c. */
static __always_inline void fill_tcp(struct wire_socket *to, struct tcp_sock *tcp)
{
	struct inet_connection_sock *icsk = &tcp->inet_conn;
	struct sock *sk = &icsk->icsk_inet.sk;

	/* .is_mptcp is far away, and never set without an upper layer protocol. */
	if (bpf_core_field_exists(tcp->is_mptcp) && GET(icsk, icsk_ulp_ops))
		to->flags += GET(tcp, is_mptcp) * WIRE_MPTCP;
	if (to->state == STATE_LISTEN) {
		to->recv_queue = GET(sk, sk_ack_backlog);
		to->send_queue = GET(sk, sk_max_ack_backlog);
		to->half_open = GET(icsk, icsk_accept_queue.qlen.counter);
		return;
	}
	to->recv_queue = GET(tcp, rcv_nxt) - GET(tcp, copied_seq);
	to->send_queue = GET(tcp, write_seq) - GET(tcp, snd_una);
	const __u8 pending = GET(icsk, icsk_pending);
	if (pending == PENDING_RETRANS || pending == PENDING_LOSS_PROBE ||
	    pending == PENDING_REORDER || pending == PENDING_PROBE0) {
		fill_timer(to, bpf_core_field_exists(icsk->icsk_timeout)
				       ? GET(icsk, icsk_timeout)
				       : GET(icsk, icsk_retransmit_timer.expires),
			   pending == PENDING_PROBE0 ? WIRE_TIMER_PROBE0 : WIRE_TIMER_RETRANS);
		to->retransmits = pending == PENDING_PROBE0 ? GET(icsk, icsk_probes_out)
							    : GET(icsk, icsk_retransmits);
	} else if (!pending &&
		   (to->state != STATE_ESTABLISHED ||
		    GET(sk, __sk_common.skc_flags) >> FLAG_KEEPALIVE & 1) &&
		   GET(sk, sk_timer.entry.pprev)) {
		fill_timer(to, GET(sk, sk_timer.expires), WIRE_TIMER_KEEPALIVE);
		to->retransmits = GET(icsk, icsk_probes_out);
	}
}

/* What bind() looks at. */
static __always_inline void fill_bind(struct wire_socket *to, struct tcp_sock *tcp)
{
	struct inet_sock *inet = &tcp->inet_conn.icsk_inet;

	to->userlocks = BITFIELD(&inet->sk, sk_userlocks);
	if (bpf_core_field_exists(inet->inet_flags)) {
		to->inet_flags = GET(inet, inet_flags);
		to->flags += WIRE_HAS_BIND;
	}
	struct sock_reuseport *group = GET(tcp, inet_conn.icsk_inet.sk.sk_reuseport_cb);

	if (group) {
		to->reuseport_id = GET(group, reuseport_id);
		to->reuseport_members = GET(group, num_socks);
		to->flags += GET(group, prog) ? WIRE_REUSEPORT_PROG : 0;
	}
}

static __always_inline void fill_bucket(struct wire_bind *to, struct inet_bind_bucket *bucket)
{
	if (!bucket)
		return;
	to->has_bucket = 1;
	to->bucket_v6only = GET(bucket, fast_ipv6_only);
	to->bucket_fastreuse = GET(bucket, fastreuse);
	to->bucket_fastreuseport = GET(bucket, fastreuseport);
	to->bucket_uid = GET(bucket, fastuid.val);
	to->bucket_family = GET(bucket, fast_sk_family);
	if (to->bucket_family == IPV6)
		copy_address(to->bucket_addr, &bucket->fast_v6_rcv_saddr);
	else
		*(__u32 *)to->bucket_addr = GET(bucket, fast_rcv_saddr);
}

#endif
