/* SPDX-License-Identifier: MIT */
/* Looks up random ones of the given connections as the kernel does for a packet; or only picks. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct tuple {
	__u32 saddr, daddr; /* as a packet has them, network order */
	__u16 sport, dport;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tuple);
} tuples SEC(".maps");

const volatile struct {
	__u32 n_tuples;
	__u32 look; /* 0: only what the rest costs */
	__u32 flip; /* changes the source port: a miss */
} wish = {1, 1, 0};
__u64 found;

SEC("tc")
int lookup(struct __sk_buff *skb)
{
	__u32 i = bpf_get_prandom_u32() % wish.n_tuples;
	struct tuple *t = bpf_map_lookup_elem(&tuples, &i);
	struct bpf_sock_tuple key = {};

	if (!t)
		return 0;
	key.ipv4.saddr = t->saddr;
	key.ipv4.daddr = t->daddr;
	key.ipv4.sport = t->sport ^ (__u16)wish.flip;
	key.ipv4.dport = t->dport;
	if (!wish.look) {
		found += key.ipv4.sport & 1;
		return 0;
	}
	struct bpf_sock *sk = bpf_skc_lookup_tcp(skb, &key, sizeof(key.ipv4),
						 BPF_F_CURRENT_NETNS, 0);
	if (sk) {
		found++;
		bpf_sk_release(sk);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
