// SPDX-License-Identifier: (MIT OR GPL-2.0-only)
/*
 * Packets that the kernel drops, resets, refuses or sends again, copied with their addresses. What
 * belongs to the question is decided in user space. Built once for each of BERTH_EVENT_DROP, _TCP,
 * _ERROR and _ICMP, so that a tracepoint which a kernel lacks does not cost the others.
 */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/kernel.h"
#include "bpf/wire_drops.h"

char _license[] SEC("license") = "Dual MIT/GPL";

/* By a build for one kind of event. */
#define MAYBE_UNUSED __attribute__((unused))

enum {
	ETHER_IP = 0x0800,
	ETHER_ARP = 0x0806,
	ETHER_IP6 = 0x86dd,
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ICMPV6 = 58,
	FAMILY_IP6 = 10,
};

/* Only to ask whether the kernel knows reasons (5.17). */
enum skb_drop_reason {
	SKB_DROP_REASON_BERTH_ASKS,
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WIRE_EVENTS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct wire_event);
} events SEC(".maps");

struct wire_drops state;

#ifdef BERTH_BEFORE_5_12
/*
 * Without an atomic fetch-and-add two processors may count as one: each takes places of its own,
 * and an event within another's on the same processor may overwrite it.
 */
static __u64 count(__u64 *counter)
{
	return (*counter)++;
}

static __u64 next_place(void)
{
	const __u32 cpu = bpf_get_smp_processor_id();
	const __u64 n = count(&state.of_cpu[cpu & (WIRE_CPUS - 1)]);

	if (n >= WIRE_EVENTS / WIRE_CPUS) {
		state.n = WIRE_EVENTS + 1; /* some are lost */
		return WIRE_EVENTS;
	}
	return (cpu & (WIRE_CPUS - 1)) * (WIRE_EVENTS / WIRE_CPUS) + n;
}
#else
static __u64 count(__u64 *counter)
{
	return __sync_fetch_and_add(counter, 1);
}

static __u64 next_place(void)
{
	return count(&state.n);
}
#endif

static struct wire_event *next_event(__u32 netns)
{
	__u32 key;

	if (state.only_netns && netns != state.only_netns)
		return 0;
	if (count(&state.of_netns[netns & (WIRE_NETNS_SLOTS - 1)]) >= WIRE_NETNS_EVENTS)
		return 0;
	__u64 n = next_place();
	if (n >= WIRE_EVENTS)
		return 0;
	key = (__u32)n;
	struct wire_event *event = bpf_map_lookup_elem(&events, &key);
	if (event) {
		event->seen_ns = bpf_ktime_get_ns();
		event->netns = netns;
	}
	return event;
}

static __u32 netns_of_sock(const struct sock *sk)
{
	return sk ? BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) : 0;
}

static MAYBE_UNUSED __u32 netns_of_skb(const struct sk_buff *skb, const struct sock *sk)
{
	struct net_device *dev = BPF_CORE_READ(skb, dev);
	__u32 netns = 0;

	if (dev)
		netns = BPF_CORE_READ(dev, nd_net.net, ns.inum);
	if (!netns)
		netns = netns_of_sock(sk);
	if (!netns)
		netns = netns_of_sock(BPF_CORE_READ(skb, sk));
	if (!netns) {
		struct dst_entry *dst = (void *)(BPF_CORE_READ(skb, _skb_refdst) & ~1ul);
		if (dst)
			netns = BPF_CORE_READ(dst, dev, nd_net.net, ns.inum);
	}
	return netns;
}

static void read_transport(struct wire_event *event, const unsigned char *at)
{
	__u8 bytes[14] = {};

	if (bpf_probe_read_kernel(bytes, sizeof(bytes), at))
		return;
	if (event->ip_proto == PROTO_ICMP || event->ip_proto == PROTO_ICMPV6) {
		event->icmp_type = bytes[0];
		event->icmp_code = bytes[1];
		return;
	}
	if (event->ip_proto != PROTO_TCP && event->ip_proto != PROTO_UDP)
		return;
	event->src_port = (__u16)(bytes[0] << 8 | bytes[1]);
	event->dst_port = (__u16)(bytes[2] << 8 | bytes[3]);
	if (event->ip_proto == PROTO_TCP)
		event->tcp_flags = bytes[13];
}

static MAYBE_UNUSED void read_packet(struct wire_event *event, const struct sk_buff *skb)
{
	const unsigned char *head = BPF_CORE_READ(skb, head);
	const unsigned char *at = head + BPF_CORE_READ(skb, network_header);
	__u8 ip[40] = {};

	event->ether = bpf_ntohs(BPF_CORE_READ(skb, protocol));
	event->bytes = BPF_CORE_READ(skb, len);
	struct net_device *dev = BPF_CORE_READ(skb, dev);
	if (dev)
		event->ifindex = (__u32)BPF_CORE_READ(dev, ifindex);
	if (event->ether == ETHER_ARP) {
		if (bpf_probe_read_kernel(ip, 28, at))
			return;
		event->icmp_type = ip[7];
		__builtin_memcpy(event->src, ip + 14, 4);
		__builtin_memcpy(event->dst, ip + 24, 4);
		return;
	}
	if (bpf_probe_read_kernel(ip, 20, at))
		return;
	if (ip[0] >> 4 == 4) {
		event->ether = ETHER_IP;
		event->ttl = ip[8];
		event->ip_proto = ip[9];
		__builtin_memcpy(event->src, ip + 12, 4);
		__builtin_memcpy(event->dst, ip + 16, 4);
		read_transport(event, at + (ip[0] & 15) * 4);
	} else if (ip[0] >> 4 == 6) {
		if (bpf_probe_read_kernel(ip, sizeof(ip), at))
			return;
		event->ether = ETHER_IP6;
		event->ttl = ip[7];
		event->ip_proto = ip[6];
		__builtin_memcpy(event->src, ip + 8, 16);
		__builtin_memcpy(event->dst, ip + 24, 16);
		read_transport(event, at + 40);
	}
}

/* From the local end to the remote one. */
static MAYBE_UNUSED void read_sock(struct wire_event *event, const struct sock *sk)
{
	const bool v6 = BPF_CORE_READ(sk, __sk_common.skc_family) == FAMILY_IP6;

	event->ip_proto = (__u8)BPF_CORE_READ(sk, sk_protocol);
	event->src_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	event->dst_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	event->ether = v6 ? ETHER_IP6 : ETHER_IP;
	if (v6) {
		bpf_probe_read_kernel(event->src, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_probe_read_kernel(event->dst, 16, &sk->__sk_common.skc_v6_daddr);
	} else {
		bpf_probe_read_kernel(event->src, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_probe_read_kernel(event->dst, 4, &sk->__sk_common.skc_daddr);
	}
}

#ifdef BERTH_EVENT_DROP
SEC("tp_btf/kfree_skb")
int on_drop(__u64 *ctx)
{
	struct sk_buff *skb = (void *)ctx[0];
	__u16 ether = bpf_ntohs(BPF_CORE_READ(skb, protocol));

	if (ether != ETHER_IP && ether != ETHER_IP6 && ether != ETHER_ARP)
		return 0;
	struct wire_event *event = next_event(netns_of_skb(skb, 0));
	if (!event)
		return 0;
	event->kind = WIRE_EVENT_DROP;
	event->location = ctx[1];
	/* The verifier of a kernel without the third argument never sees it read. */
	if (bpf_core_type_exists(enum skb_drop_reason)) {
		event->reason = (__u32)ctx[2];
		event->has_reason = 1;
	}
	read_packet(event, skb);
	event->done = 1;
	return 0;
}

#endif

#ifdef BERTH_EVENT_TCP
SEC("tp_btf/tcp_send_reset")
int BPF_PROG(on_reset_sent, const struct sock *sk, const struct sk_buff *skb)
{
	struct wire_event *event = next_event(skb ? netns_of_skb(skb, sk) : netns_of_sock(sk));

	if (!event)
		return 0;
	event->kind = WIRE_EVENT_RESET_SENT;
	if (skb)
		read_packet(event, skb); /* the packet it answers */
	else if (sk)
		read_sock(event, sk);
	event->error = skb ? 1 : 0;
	event->done = 1;
	return 0;
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(on_reset_received, struct sock *sk)
{
	struct wire_event *event = next_event(netns_of_sock(sk));

	if (!event)
		return 0;
	event->kind = WIRE_EVENT_RESET_RECEIVED;
	read_sock(event, sk);
	event->done = 1;
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(on_retransmit, const struct sock *sk)
{
	struct wire_event *event = next_event(netns_of_sock(sk));

	if (!event)
		return 0;
	event->kind = WIRE_EVENT_RETRANSMIT;
	read_sock(event, sk);
	event->done = 1;
	return 0;
}

#endif

#ifdef BERTH_EVENT_ERROR
SEC("tp_btf/inet_sk_error_report")
int BPF_PROG(on_error, const struct sock *sk)
{
	struct wire_event *event = next_event(netns_of_sock(sk));

	if (!event)
		return 0;
	event->kind = WIRE_EVENT_SOCKET_ERROR;
	read_sock(event, sk);
	event->error = BPF_CORE_READ(sk, sk_err);
	event->done = 1;
	return 0;
}
#endif

#ifdef BERTH_EVENT_ICMP
SEC("tp_btf/icmp_send")
int BPF_PROG(on_icmp, const struct sk_buff *skb, int type, int code)
{
	struct wire_event *event = next_event(netns_of_skb(skb, 0));

	if (!event)
		return 0;
	event->kind = WIRE_EVENT_ICMP_SENT;
	read_packet(event, skb); /* the packet that it is about */
	event->icmp_type = (__u8)type;
	event->icmp_code = (__u8)code;
	event->done = 1;
	return 0;
}
#endif
