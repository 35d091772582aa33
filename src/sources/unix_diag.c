/* SPDX-License-Identifier: MIT */
/* UNIX sockets by sock_diag (net/unix/diag.c). */
#include "base/auto.h"
#include "core/snapshot.h"
#include "core/sock_extra.h"
#include "sources/dump.h"
#include "sources/sock_diag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>

/* Not in the headers of our oldest build hosts. */
enum { SHOW_UID = 0x40, DIAG_UID = 7 };

static void get_u32(uint32_t *to, const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) >= sizeof(*to))
		memcpy(to, mnl_attr_get_payload(attr), sizeof(*to));
}

static void decode_shutdown(const struct nlattr *attr, struct sock *sock)
{
	if (!mnl_attr_get_payload_len(attr))
		return;
	const uint8_t bits = *(const uint8_t *)mnl_attr_get_payload(attr);
	sock->options_known |= SOCK_OPTION_SHUT_READ | SOCK_OPTION_SHUT_WRITE;
	sock->options |= (bits & 1 ? SOCK_OPTION_SHUT_READ : 0) |
			 (bits & 2 ? SOCK_OPTION_SHUT_WRITE : 0);
}

/* A path comes with its NUL; an abstract name starts with one and may hold any byte. */
static uint32_t decode_name(struct snapshot *snap, const struct nlattr *attr)
{
	const char *name = mnl_attr_get_payload(attr);
	const size_t len = mnl_attr_get_payload_len(attr);

	return snapshot_text_id(snap, name, len && name[0] ? strnlen(name, len) : len);
}

static void decode_attr(const struct nlattr *attr, struct snapshot *snap, struct sock *sock)
{
	struct unix_diag_rqlen queue;

	switch (mnl_attr_get_type(attr)) {
	case UNIX_DIAG_NAME:
		sock->name = decode_name(snap, attr);
		break;
	case UNIX_DIAG_PEER:
		get_u32(&sock->peer, attr);
		break;
	case UNIX_DIAG_RQLEN:
		if (mnl_attr_get_payload_len(attr) < sizeof(queue))
			break;
		memcpy(&queue, mnl_attr_get_payload(attr), sizeof(queue));
		sock->recv_queue = queue.udiag_rqueue;
		sock->send_queue = queue.udiag_wqueue;
		break;
	case UNIX_DIAG_SHUTDOWN:
		decode_shutdown(attr, sock);
		break;
	case DIAG_UID:
		get_u32(&sock->uid, attr);
		break;
	default:
		break;
	}
}

int unix_diag_decode(const struct nlmsghdr *message, struct snapshot *snap, struct sock *ret)
{
	const struct unix_diag_msg *diag = mnl_nlmsg_get_payload(message);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*diag) || diag->udiag_family != AF_UNIX)
		return -EBADMSG;
	ret->proto = SOCK_PROTO_UNIX;
	ret->type = diag->udiag_type;
	ret->state = diag->udiag_state < N_SOCK_STATES ? diag->udiag_state : SOCK_STATE_UNKNOWN;
	ret->inode = diag->udiag_ino;
	ret->uid = UINT32_MAX;
	ret->cookie = diag->udiag_cookie[0] | (uint64_t)diag->udiag_cookie[1] << 32;
	const struct nlattr *attr;
	mnl_attr_for_each(attr, message, sizeof(*diag))
		decode_attr(attr, snap, ret);
	return 0;
}

static void decode_file(const struct nlattr *attr, struct sock_extra *ret)
{
	struct unix_diag_vfs file;

	if (mnl_attr_get_payload_len(attr) < sizeof(file))
		return;
	memcpy(&file, mnl_attr_get_payload(attr), sizeof(file));
	ret->has_file = true;
	ret->file_inode = file.udiag_vfs_ino;
	/* The kernel's own dev_t (linux/kdev_t.h): 20 bits of minor. */
	ret->file_major = file.udiag_vfs_dev >> 20;
	ret->file_minor = file.udiag_vfs_dev & 0xfffff;
}

int unix_diag_decode_extra(const struct nlmsghdr *message, struct arena *arena,
			   struct sock_extra *ret)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct unix_diag_msg)) {
		const size_t len = mnl_attr_get_payload_len(attr);
		if (mnl_attr_get_type(attr) == UNIX_DIAG_VFS)
			decode_file(attr, ret);
		if (mnl_attr_get_type(attr) != UNIX_DIAG_ICONS)
			continue;
		ret->has_waiting = true;
		ret->n_waiting = (uint32_t)(len / sizeof(*ret->waiting));
		uint32_t *waiting = arena_alloc(arena, len + 1);
		if (!waiting)
			return -ENOMEM;
		memcpy(waiting, mnl_attr_get_payload(attr), len);
		ret->waiting = waiting;
	}
	return 0;
}

int unix_diag_dump(struct dump *dump, enum sock_proto proto)
{
	const bool whole = dump_wants(dump, FACT_SOCKOPT);
	const struct sock_diag_decoder decoder = {
		.sock = unix_diag_decode, .extra = whole ? unix_diag_decode_extra : NULL};
	char buffer[64] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
	struct nlmsghdr *msg = mnl_nlmsg_put_header(buffer);
	struct unix_diag_req *req = mnl_nlmsg_put_extra_header(msg, sizeof(*req));

	(void)proto;
	msg->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	req->sdiag_family = AF_UNIX;
	req->udiag_states = UINT32_MAX;
	req->udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | SHOW_UID;
	if (whole)
		req->udiag_show |= UDIAG_SHOW_VFS | UDIAG_SHOW_ICONS;
	return sock_diag_collect(dump, msg, &decoder);
}
