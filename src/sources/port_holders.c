/* SPDX-License-Identifier: MIT */
/* Turns the socket sources' snapshot into the facts of a case. */
#include "sources/port_holders.h"
#include "base/auto.h"
#include "core/case.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/sources.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

enum { MAX_HOLDERS = 4096 };

static int int_option(int fd, int level, int option)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, option, &value, &len) ? -1 : value;
}

/* Options that no dump shows, from a copy of the holder's descriptor; needs ptrace rights. */
static void read_options(struct place_socket *s, uint32_t pid, int pid_fd)
{
	AUTO(closep) int process = (int)syscall(__NR_pidfd_open, pid, 0);
	AUTO(closep) int fd = process < 0 ? -1 : (int)syscall(__NR_pidfd_getfd, process, pid_fd, 0);

	if (fd < 0)
		return;
	s->reuseaddr = int_option(fd, SOL_SOCKET, SO_REUSEADDR) > 0;
	s->reuseport = int_option(fd, SOL_SOCKET, SO_REUSEPORT) > 0;
	if (s->local.family == ADDR_IPV6)
		s->v6only = int_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) > 0;
	s->options_known = true;
}

static void add_process(struct case_facts *facts, struct place *own, const struct proc *proc)
{
	struct place_process *p;

	if (place_process(own, proc->pid))
		return;
	p = arena_push(&facts->arena, &own->processes, &own->n_processes, &own->room_processes,
		       sizeof(*p));
	if (!p)
		return;
	*p = (struct place_process){.pid = proc->pid, .parent = proc->parent, .uid = proc->uid,
				    .state = proc->state, .netns = proc->netns_inode};
	p->comm = arena_printf(&facts->arena, "%s", proc->comm ?: "");
	if (proc->cmdline)
		p->cmdline = arena_printf(&facts->arena, "%s", proc->cmdline);
}

static void add_socket(struct case_facts *facts, const struct snapshot *snap,
		       const struct sock *sock)
{
	struct place *own = &facts->places[0];
	struct place_socket *s = arena_push(&facts->arena, &own->sockets, &own->n_sockets,
					    &own->room_sockets, sizeof(*s));

	if (!s)
		return;
	*s = (struct place_socket){
		.proto = sock->proto,
		.state = sock->state,
		.local = sock->local,
		.remote = sock->remote,
		.local_port = sock->local_port,
		.remote_port = sock->remote_port,
		.inode = sock->inode,
		.uid = sock->uid,
		.netns = own->netns,
		.recv_queue = sock->recv_queue,
		.send_queue = sock->send_queue,
		.v6only = sock_option_is(sock, SOCK_OPTION_V6ONLY),
		.reuseport = sock_option_is(sock, SOCK_OPTION_REUSEPORT),
		.reuseaddr = sock_option_is(sock, SOCK_OPTION_REUSEADDR),
		.options_known = sock->options_known & SOCK_OPTION_REUSEPORT,
	};
	for (uint32_t i = 0; i < sock->n_owners && s->n_pids < N_ELEMENTS(s->pids); i++) {
		const struct owner *owner = sock_owner(snap, sock, i);
		const struct proc *proc = owner_proc(snap, owner);
		s->pids[s->n_pids++] = proc->pid;
		if (!s->options_known && owner->fd >= 0)
			read_options(s, proc->pid, owner->fd);
		add_process(facts, own, proc);
	}
}

static bool is_wanted(const struct asked *asked, const struct sock *sock)
{
	if (sock->proto != asked->proto)
		return false;
	if (asked->op == CASE_BIND)
		return !asked->port || sock->local_port == asked->port;
	return (asked->bind_port && sock->local_port == asked->bind_port) ||
	       (sock->remote_port == asked->port &&
		!memcmp(sock->remote.bytes, asked->addr.bytes, sizeof(sock->remote.bytes)));
}

int port_holders_collect(struct case_facts *facts)
{
	const struct asked *asked = &facts->asked;
	const uint16_t port = asked->op == CASE_BIND ? asked->port : asked->bind_port;
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES | FACT_REUSE | FACT_SOCKOPT,
		.protos = PROTO_BIT(asked->proto),
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
		.local_port = port,
		.netns_choice = NETNS_SELF,
	};

	if (!facts->n_places || facts->places[0].n_sockets)
		return 0;
	int error = sources_collect(&request, &snap);
	if (error)
		return error;
	for (size_t i = 0; i < snap->n_socks && facts->places[0].n_sockets < MAX_HOLDERS; i++)
		if (is_wanted(asked, &snap->socks[i]))
			add_socket(facts, snap, &snap->socks[i]);
	facts->places[0].known |= PLACE_SOCKETS;
	return 0;
}
