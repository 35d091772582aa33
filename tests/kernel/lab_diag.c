/* SPDX-License-Identifier: MIT */
/* The laboratory's questions to sock_diag: one exact lookup, and killing one connection. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>

#include "lab.h"

struct question {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

static void fill(const struct lab_tuple *tuple, struct question *q)
{
	const struct addr local = addr_unmapped(&tuple->local);
	const struct addr remote = addr_unmapped(&tuple->remote);
	const struct addr *source = tuple->udp ? &remote : &local;
	const struct addr *target = tuple->udp ? &local : &remote;
	struct inet_diag_sockid *id = &q->body.id;

	memset(q, 0, sizeof(*q));
	q->header.nlmsg_len = sizeof(*q);
	q->header.nlmsg_flags = NLM_F_REQUEST;
	q->body.sdiag_family = local.family == ADDR_IPV4 ? AF_INET : AF_INET6;
	q->body.sdiag_protocol = tuple->udp ? IPPROTO_UDP : IPPROTO_TCP;
	q->body.idiag_states = ~0u;
	/* UDP's exact lookup takes source and destination as the packet has them, TCP's reversed. */
	id->idiag_sport = htons(tuple->udp ? tuple->remote_port : tuple->local_port);
	id->idiag_dport = htons(tuple->udp ? tuple->local_port : tuple->remote_port);
	memcpy(id->idiag_src, source->bytes, 16);
	memcpy(id->idiag_dst, target->bytes, 16);
	id->idiag_if = (uint32_t)tuple->device;
	id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

int64_t lab_lookup(const struct lab *lab, const struct lab_tuple *tuple, int *ret_state)
{
	struct question q;
	char answer[8192];
	const struct nlmsghdr *header = (void *)answer;
	const struct inet_diag_msg *found;

	fill(tuple, &q);
	q.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	if (send(lab->diag_fd, &q, sizeof(q), 0) < 0 ||
	    recv(lab->diag_fd, answer, sizeof(answer), 0) < (ssize_t)sizeof(*header))
		return -errno;
	if (header->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = NLMSG_DATA(header);
		return error->error == -ENOENT ? 0 : error->error;
	}
	found = NLMSG_DATA(header);
	if (ret_state)
		*ret_state = found->idiag_state;
	return (int64_t)((uint64_t)found->id.idiag_cookie[1] << 32 | found->id.idiag_cookie[0]);
}

int lab_destroy(const struct lab *lab, const struct lab_tuple *tuple)
{
	struct question q;
	char answer[512];
	const struct nlmsghdr *header = (void *)answer;
	const struct nlmsgerr *error = NLMSG_DATA(header);

	fill(tuple, &q);
	q.header.nlmsg_type = SOCK_DESTROY;
	q.header.nlmsg_flags |= NLM_F_ACK;
	if (send(lab->diag_fd, &q, sizeof(q), 0) < 0 ||
	    recv(lab->diag_fd, answer, sizeof(answer), 0) < (ssize_t)sizeof(*header))
		return -errno;
	return header->nlmsg_type == NLMSG_ERROR ? error->error : -EPROTO;
}
