/* SPDX-License-Identifier: MIT */
/* Sockets and their holders, from a snapshot into a place. */
#include "sources/place_sockets.h"
#include "base/auto.h"
#include "core/place.h"
#include "core/case.h"
#include "core/snapshot.h"
#include "core/sock_extra.h"

#include <linux/filter.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { SKMEM_RMEM_ALLOC = 0, SKMEM_RCVBUF = 1, SKMEM_DROPS = 8 };

static int int_option(int fd, int level, int option)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, option, &value, &len) ? -1 : value;
}

/* Options of a socket that another process holds; @pid_fd is its descriptor there. */
static void socket_options_read(struct place_socket *s, uint32_t pid, int pid_fd)
{
	AUTO(closep) int process = (int)syscall(__NR_pidfd_open, pid, 0);
	AUTO(closep) int fd = process < 0 ? -1 : (int)syscall(__NR_pidfd_getfd, process, pid_fd, 0);
	socklen_t len = 0;

	if (fd < 0)
		return;
	s->reuseaddr = int_option(fd, SOL_SOCKET, SO_REUSEADDR) > 0;
	s->reuseport = int_option(fd, SOL_SOCKET, SO_REUSEPORT) > 0;
	if (s->local.family == ADDR_IPV6)
		s->v6only = int_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) > 0;
	s->options_known = true;
	int ttl = int_option(fd, IPPROTO_IP, IP_MINTTL);
	int hops = s->local.family == ADDR_IPV6 ? int_option(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT) : 0;
	s->min_ttl = ttl > 0 ? ttl : hops > 0 ? hops : 0;
	if (s->proto == SOCK_PROTO_TCP) {
		int defer = int_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT);
		s->defer_accept = defer > 0 ? defer : 0;
	}
	/* With length 0 the kernel only says how many instructions there are. */
	s->has_filter = !getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &len) && len > 0;
	s->sockopts_read = true;
}

static void add_process(struct arena *arena, struct place *place, const struct proc *proc)
{
	struct place_process *p;

	if (place_process(place, proc->pid))
		return;
	p = arena_push(arena, &place->processes, &place->n_processes, &place->room_processes,
		       sizeof(*p));
	if (!p)
		return;
	*p = (struct place_process){.pid = proc->pid, .parent = proc->parent, .uid = proc->uid,
				    .state = proc->state, .netns = proc->netns_inode};
	p->comm = arena_printf(arena, "%s", proc->comm ? proc->comm : "");
	if (proc->cmdline)
		p->cmdline = arena_printf(arena, "%s", proc->cmdline);
	if (proc->cgroup)
		p->cgroup = arena_printf(arena, "%s", proc->cgroup);
}

static void set_memory(const struct snapshot *snap, const struct sock *sock, struct place_socket *s)
{
	const struct sock_extra *extra = snap->extras ? &snap->extras[sock - snap->socks] : NULL;

	if (!extra || !extra->has_skmem)
		return;
	s->rmem = extra->skmem[SKMEM_RMEM_ALLOC];
	s->rcvbuf = extra->skmem[SKMEM_RCVBUF];
	s->drops = extra->skmem[SKMEM_DROPS];
	s->has_skmem = true;
}

struct place_socket *place_add_socket(struct arena *arena, struct place *place,
				      const struct snapshot *snap, const struct sock *sock)
{
	struct place_socket *s = arena_push(arena, &place->sockets, &place->n_sockets,
					    &place->room_sockets, sizeof(*s));
	size_t name_len;

	if (!s)
		return NULL;
	*s = (struct place_socket){
		.proto = sock->proto,
		.state = sock->state,
		.local = sock->local,
		.remote = sock->remote,
		.local_port = sock->local_port,
		.remote_port = sock->remote_port,
		.device = sock->device,
		.inode = sock->inode,
		.uid = sock->uid,
		.netns = sock->netns < snap->n_namespaces ? snap->namespaces[sock->netns].inode : 0,
		.recv_queue = sock->recv_queue,
		.send_queue = sock->send_queue,
		.v6only = sock_option_is(sock, SOCK_OPTION_V6ONLY),
		.reuseport = sock_option_is(sock, SOCK_OPTION_REUSEPORT),
		.reuseaddr = sock_option_is(sock, SOCK_OPTION_REUSEADDR),
		.options_known = sock->options_known & SOCK_OPTION_REUSEPORT,
		.timer_seconds = sock->timer_ms / 1000.0,
	};
	if (sock->netns < snap->n_namespaces && snap->namespaces[sock->netns].name)
		s->netns_name = arena_printf(arena, "%s", snap->namespaces[sock->netns].name);
	if (sock->proto == SOCK_PROTO_UNIX && sock->name) {
		const char *name = snapshot_text(snap, sock->name, &name_len);
		s->path = name_len && !*name /* abstract: as ss prints it */
				  ? arena_printf(arena, "@%.*s", (int)name_len - 1, name + 1)
				  : arena_dup(arena, name, name_len);
	}
	set_memory(snap, sock, s);
	s->in_flight = sock->n_owners > 0;
	for (uint32_t i = 0; i < sock->n_owners && s->n_pids < N_ELEMENTS(s->pids); i++) {
		const struct owner *owner = sock_owner(snap, sock, i);
		s->in_flight &= owner->fd < 0;
		const struct proc *proc = owner_proc(snap, owner);
		s->pids[s->n_pids++] = proc->pid;
		if (!s->sockopts_read && owner->fd >= 0 && sock->proto != SOCK_PROTO_UNIX)
			socket_options_read(s, proc->pid, owner->fd);
		add_process(arena, place, proc);
	}
	return s;
}
