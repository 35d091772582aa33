// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Wakes user space when a TCP socket of a wanted port begins or ends to listen. Says no more than
 * that: what it means is looked up by the usual ways.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/kernel.h"
#include "bpf/wire_listens.h"

char _license[] SEC("license") = "Dual MIT/GPL";

enum { PROTO_TCP = 6, STATE_LISTEN = 10 };

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, WIRE_LISTENS_RING);
} wakes SEC(".maps");

struct wire_listens state;

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, const struct sock *sk, int before, int after)
{
	__u64 port;

	if ((before == STATE_LISTEN) == (after == STATE_LISTEN) ||
	    BPF_CORE_READ(sk, sk_protocol) != PROTO_TCP ||
	    BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) != state.only_netns)
		return 0;
	port = BPF_CORE_READ(sk, __sk_common.skc_num);
	/* A port that bind() chose is given back before the state changes: net/ipv4/tcp.c. */
	if (!port)
		port = bpf_ntohs(BPF_CORE_READ((const struct inet_sock *)sk, inet_sport));
	if (state.ports[port >> 5 & (WIRE_PORT_WORDS - 1)] >> (port & 31) & 1)
		bpf_ringbuf_output(&wakes, &port, sizeof(port), 0);
	return 0;
}
