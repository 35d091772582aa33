/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* Sockets on their way to another process (SCM_RIGHTS): each belongs to who will receive it. */
#ifndef BERTH_BPF_FLIGHT_H
#define BERTH_BPF_FLIGHT_H

#include "bpf/look.h"

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
	int found = file ? look_at_file(walk->index, IN_FLIGHT, file, walk->leader) : NOTHING;
	if (found == NOTHING || found == WINDOW_FULL)
		return 0;
	barrier();
	/* Received meanwhile? Then it is in a table, or will be. */
	if ((__u64)GET(CAST(struct unix_skb_parms, walk->parms), fp) == walk->files)
		shared.workers[walk->index & 1].n += found;
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
	walk.skb = WORD(walk.head); /* struct sk_buff_head.next */
	bpf_loop(MESSAGES_MAX, walk_queue, &walk, 0);
	return 0;
}

#endif
