/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * The few members of the kernel's structures that berth reads. Their places are found at load by
 * the running kernel's BTF (CO-RE), so order and completeness do not matter; names and types do.
 */
#ifndef BERTH_BPF_KERNEL_H
#define BERTH_BPF_KERNEL_H

#include <linux/types.h>
#include <stdbool.h>

typedef unsigned long ulong;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};
struct hlist_node {
	struct hlist_node *next;
	struct hlist_node **pprev;
};
struct timespec64 { /* any word of memory: see WORD() */
	__s64 tv_sec;
};
struct hlist_nulls_node {
	struct hlist_nulls_node *next;
};
struct hlist_nulls_head {
	struct hlist_nulls_node *first;
};
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	__s64 counter;
} atomic64_t;
typedef struct {
	__u32 val;
} kuid_t;
struct in6_addr {
	union {
		__be32 u6_addr32[4];
	} in6_u;
};
struct timer_list {
	struct hlist_node entry;
	ulong expires;
};

struct refcount_struct {
	atomic_t refs;
};
struct ns_common {
	__u32 inum;
	const void *ops;
	__u64 ns_id; /* 6.18 */
	struct refcount_struct __ns_ref; /* 6.18; .count before */
	struct refcount_struct count; /* 5.11 */
};
struct user_namespace {
	struct ns_common ns;
};
struct pid_namespace {
	struct ns_common ns;
};
struct inet_ehash_bucket {
	struct hlist_nulls_head chain;
};
struct inet_listen_hashbucket {
	struct hlist_nulls_head nulls_head;
};
struct inet_hashinfo {
	struct inet_ehash_bucket *ehash;
	__u32 ehash_mask;
	__u32 lhash2_mask;
	struct inet_listen_hashbucket *lhash2;
};
struct inet_timewait_death_row {
	struct inet_hashinfo *hashinfo;
};
struct netns_ipv4 {
	struct inet_timewait_death_row tcp_death_row;
};
struct net {
	struct list_head list;
	struct ns_common ns;
	struct netns_ipv4 ipv4;
};
typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_reuse : 4;
	unsigned char skc_reuseport : 1;
	unsigned char skc_ipv6only : 1;
	int skc_bound_dev_if;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
	ulong skc_flags;
	struct hlist_nulls_node skc_nulls_node;
	struct hlist_node skc_portaddr_node;
};
struct net_device {
	int ifindex;
	possible_net_t nd_net;
};
struct dst_entry {
	struct net_device *dev;
};
struct sock;
struct sk_buff {
	struct sk_buff *next;
	struct net_device *dev;
	struct sock *sk;
	ulong _skb_refdst;
	__u32 len;
	__be16 protocol;
	__u16 network_header;
	unsigned char *head;
	char cb[48];
};
struct sk_buff_head {
	struct sk_buff *next;
};
struct scm_fp_list { /* files in flight: net/core/scm.c */
	short count;
	struct file *fp[1];
};
struct unix_skb_parms { /* what a UNIX socket keeps in .cb */
	struct scm_fp_list *fp;
};
struct bpf_prog;
struct sock_reuseport {
	__u16 num_socks, num_closed_socks;
	__u32 reuseport_id;
	unsigned int has_conns : 1;
	struct bpf_prog *prog;
};
struct socket;
struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	struct socket *sk_socket;
	struct timer_list sk_timer;
	__u32 sk_mark;
	kuid_t sk_uid;
	__u16 sk_protocol;
	__u16 sk_type;
	unsigned char sk_userlocks : 4; /* a whole byte since 6.18 */
	__u8 sk_shutdown;
	int sk_err;
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
	ulong sk_ino; /* 6.18 */
	struct sock_reuseport *sk_reuseport_cb;
};
struct inet_bind_bucket {
	signed char fastreuse;
	signed char fastreuseport;
	kuid_t fastuid;
	struct in6_addr fast_v6_rcv_saddr;
	__be32 fast_rcv_saddr;
	unsigned short fast_sk_family;
	bool fast_ipv6_only;
};
struct inet_sock {
	struct sock sk;
	__be16 inet_sport;
	ulong inet_flags; /* 6.5 */
};
struct request_sock_queue {
	atomic_t qlen;
};
struct inet_connection_sock {
	struct inet_sock icsk_inet;
	struct request_sock_queue icsk_accept_queue;
	struct inet_bind_bucket *icsk_bind_hash;
	const void *icsk_ulp_ops;
	struct timer_list icsk_retransmit_timer;
	ulong icsk_timeout; /* before 6.18 */
	__u8 icsk_retransmits;
	__u8 icsk_pending;
	__u8 icsk_probes_out;
};
struct tcp_sock {
	struct inet_connection_sock inet_conn;
	__u32 copied_seq, rcv_nxt, write_seq, snd_una;
	bool is_mptcp;
};
struct inet_timewait_sock {
	__u32 tw_mark;
	volatile unsigned char tw_substate;
	__be16 tw_sport;
	struct timer_list tw_timer;
	struct inet_bind_bucket *tw_tb;
};
struct request_sock {
	__u8 num_retrans;
	struct timer_list rsk_timer;
};
struct inet_request_sock {
	struct request_sock req;
	__u32 ir_mark;
};

struct socket {
	short type;
	struct file *file;
	struct sock *sk;
};
struct qstr {
	const unsigned char *name;
};
struct dentry {
	struct qstr d_name;
};
struct path {
	struct dentry *dentry;
};
struct inode {
	unsigned short i_mode;
	ulong i_ino;
};
struct file {
	const void *f_op;
	void *private_data;
	struct inode *f_inode;
	struct path f_path;
};
struct fdtable {
	__u32 max_fds;
	struct file **fd;
};
struct files_struct {
	struct fdtable *fdt;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};
struct pid {
	__u32 level;
	struct upid numbers[1];
};
struct nsproxy {
	struct net *net_ns;
};
struct cred {
	kuid_t uid;
	struct user_namespace *user_ns;
};
struct task_struct {
	int pid, tgid;
	struct task_struct *group_leader, *real_parent;
	struct pid *thread_pid;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	const struct cred *real_cred;
	__u64 start_boottime;
	char comm[16];
};

struct bpf_iter_meta;
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

#endif
