/* SPDX-License-Identifier: MIT */
/* Field by field; no I/O. */
#include "sources/bpf_decode.h"
#include "bpf/wire.h"
#include "core/bind_facts.h"
#include "core/snapshot.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void set_option(struct sock *sock, enum sock_option option, bool on)
{
	sock->options_known |= option;
	if (on)
		sock->options |= option;
}

int bpf_decode_process(const struct wire_process *from, struct snapshot *snap, struct proc *proc)
{
	const uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);
	const char *comm =
		arena_dup(&snap->arena, from->comm, strnlen(from->comm, sizeof(from->comm)));

	proc->pid = from->pid;
	proc->pid_inner = from->pid_inner;
	proc->parent = from->parent;
	proc->uid = from->uid;
	proc->start_ticks = from->start_ns / (1000000000u / hertz);
	proc->started_ns = snap->boot_ns + from->start_ns;
	proc->netns_inode = from->netns;
	proc->pidns_inode = from->pidns;
	proc->userns_inode = from->userns;
	if (comm)
		proc->comm = comm;
	return comm ? 0 : -ENOMEM;
}

void bpf_decode_options(const struct wire_socket *from, struct sock *sock)
{
	set_option(sock, SOCK_OPTION_REUSEADDR, from->reuse);
	set_option(sock, SOCK_OPTION_REUSEPORT, from->flags & WIRE_REUSEPORT);
	if (from->family == AF_INET6)
		set_option(sock, SOCK_OPTION_V6ONLY, from->flags & WIRE_V6ONLY);
	if (!from->type)
		return; /* of what is left of a connection no more is kept */
	set_option(sock, SOCK_OPTION_SHUT_READ, from->shutdown & 1);
	set_option(sock, SOCK_OPTION_SHUT_WRITE, from->shutdown & 2);
	if (from->flags & WIRE_MPTCP)
		set_option(sock, SOCK_OPTION_MPTCP, true);
	if (from->flags & WIRE_HAS_BIND) {
		const uint32_t flags = from->inet_flags;
		set_option(sock, SOCK_OPTION_FREEBIND, flags >> WIRE_INET_FREEBIND & 1);
		set_option(sock, SOCK_OPTION_TRANSPARENT, flags >> WIRE_INET_TRANSPARENT & 1);
		set_option(sock, SOCK_OPTION_BIND_ADDRESS_NO_PORT, flags >> WIRE_INET_NO_PORT & 1);
	}
}

uint8_t bpf_decode_family(unsigned family)
{
	return family == AF_INET ? ADDR_IPV4 : family == AF_INET6 ? ADDR_IPV6 : ADDR_NONE;
}

void bpf_decode_bind(const struct wire_socket *from, struct sock *sock, struct bind_facts *bind)
{
	if (!from->type)
		return; /* what is left of a connection was bound once, but keeps nothing of it */
	set_option(sock, SOCK_OPTION_REUSEPORT_PROG, from->flags & WIRE_REUSEPORT_PROG);
	set_option(sock, SOCK_OPTION_LOCK_ADDR, from->userlocks & WIRE_LOCK_ADDR);
	set_option(sock, SOCK_OPTION_LOCK_PORT, from->userlocks & WIRE_LOCK_PORT);
	set_option(sock, SOCK_OPTION_CONNECT_BIND, from->userlocks & WIRE_CONNECT_BIND);
	bind->known = true;
	bind->reuseport_id = from->reuseport_id;
	bind->reuseport_members = from->reuseport_members;
}

void bpf_decode_more(const struct wire_bind *from, bool is_full, struct bind_facts *bind)
{
	bind->known = true;
	bind->group_has_conns = from->group_has_conns;
	bind->group_has_closed = from->group_has_closed;
	bind->has_place = is_full && from->behind_in_port < WIRE_BEHIND_MAX &&
			  from->behind_in_chain < WIRE_BEHIND_MAX;
	bind->behind_in_port = from->behind_in_port;
	bind->behind_in_chain = from->behind_in_chain;
	bind->has_bucket = from->has_bucket;
	if (!from->has_bucket)
		return;
	bind->bucket_v6only = from->bucket_v6only;
	bind->bucket_fastreuse = from->bucket_fastreuse;
	bind->bucket_fastreuseport = from->bucket_fastreuseport;
	bind->bucket_uid = from->bucket_uid;
	bind->bucket_addr.family = bpf_decode_family(from->bucket_family);
	memcpy(bind->bucket_addr.bytes, from->bucket_addr,
	       from->bucket_family == AF_INET ? 4 : 16);
}

static void take_address(struct addr *to, const uint8_t *bytes, const struct wire_socket *from)
{
	to->family = bpf_decode_family(from->family);
	memcpy(to->bytes, bytes, from->family == AF_INET ? 4 : 16);
	/* The kernel keeps the scope of a link-local address as the bound device. */
	if (from->device && from->family == AF_INET6 && addr_is_link_local(to))
		to->scope = from->device;
}

uint8_t bpf_decode_state(const struct wire_socket *from)
{
	if (from->state == SOCK_STATE_NEW_SYN_RECV)
		return SOCK_STATE_SYN_RECV;
	if (from->state == SOCK_STATE_CLOSE)
		return SOCK_STATE_BOUND_INACTIVE;
	return from->state < N_SOCK_STATES ? from->state : SOCK_STATE_UNKNOWN;
}

void bpf_decode_tcp(const struct wire_socket *from, struct sock *sock)
{
	sock->proto = SOCK_PROTO_TCP;
	sock->type = SOCK_STREAM;
	sock->state = bpf_decode_state(from);
	take_address(&sock->local, from->local, from);
	take_address(&sock->remote, from->remote, from);
	sock->local_port = from->local_port;
	sock->remote_port = from->remote_port;
	sock->cookie = from->cookie;
	sock->inode = from->inode;
	sock->uid = from->uid;
	/* A FIN counts in the sequence numbers, so a closed end may seem to have read too much. */
	sock->recv_queue = (int32_t)from->recv_queue > 0 ? from->recv_queue : 0;
	sock->send_queue = from->send_queue;
	sock->device = from->device;
	sock->mark = from->mark;
	sock->timer = from->timer;
	sock->retransmits = from->retransmits;
	bpf_decode_options(from, sock);
}
