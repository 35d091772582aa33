/* SPDX-License-Identifier: MIT */
/*
 * All that the kernel half tells, made into a snapshot: processes, TCP sockets with their owners,
 * and for sockets of other kinds who holds them (their own sources tell the rest).
 */
#include "base/auto.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/bpf_choice.h"
#include "sources/bpf_decode.h"
#include "sources/bpf_memory.h"
#include "sources/bpf_slots.h"
#include "sources/bpf_walk.h"
#include "sources/netns.h"
#include "sources/sources.h"
#include "sources/tcp_counts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PROTOCOL_TCP = 6, PROTOCOL_MPTCP = 262, NO_NAMESPACE = UINT16_MAX, EXPECT_MAX = 16 << 20 };

struct gather {
	struct snapshot *snap;
	const struct request *request;
	struct bpf_walk walk;
	struct bpf_memory memory;
	struct slots inodes; /* of TCP sockets */
	struct slots pids;   /* of processes */
	uint32_t proc;	     /* of the records that follow; index */
	uint32_t netns_inode; /* the last one seen ... */
	uint16_t netns;	     /* ... and its index */
	bool all_tcp;	     /* the sockets too, not only who holds them */
	bool only_files;     /* of the TCP tables only sockets with a file are news */
	struct bind_facts *more; /* whose the next record is, if that is WIRE_BIND; NULL: nobody's */
	bool more_is_full;
	uint64_t n_hashed;   /* held TCP sockets that must be in the table of connections, */
	uint64_t n_listening; /* in that of listeners, */
	uint64_t n_coming;   /* and connections that wait there for their end or their owner */
};

static void gather_release(struct gather *gather)
{
	free(gather->inodes.all);
	free(gather->pids.all);
	bpf_walk_close(&gather->walk);
}

static int take_process(struct gather *gather, const struct wire_process *from)
{
	struct snapshot *snap = gather->snap;
	struct slot *slot = slots_find(&gather->pids, from->pid);
	const uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);
	const uint64_t ticks = from->start_ns / (1000000000u / hertz);

	if (!slot)
		return -ENOMEM;
	/* A pid that is used again during the walk is another process. */
	if (slot->index && snap->procs[slot->index - 1].start_ticks == ticks) {
		gather->proc = slot->index - 1;
		return 0;
	}
	struct proc *proc = snapshot_add_proc(snap);
	if (!proc)
		return -ENOMEM;
	slot_fill(&gather->pids, slot, from->pid, snap->n_procs);
	gather->proc = slot->index - 1;
	return bpf_decode_process(from, snap, proc);
}

/* No process lives there that we know of: the holder of its first socket leads to it. */
static void lead_to(struct gather *gather, struct namespace *netns, int fd)
{
	struct snapshot *snap = gather->snap;

	if (netns->path || netns->is_self || fd < 0)
		return;
	const struct proc *holder = &snap->procs[gather->proc];
	netns->path = arena_printf(&snap->arena, "/proc/%u/fd/%d", holder->pid, fd);
	netns->by_socket = true;
	const char *name = arena_printf(&snap->arena, "%s/%u/fd/%d", holder->comm, holder->pid, fd);
	netns->name = name ? name : netns->name;
}

/* The index of a namespace the question is about, else NO_NAMESPACE. @fd: of the socket, or -1. */
static uint16_t netns_index(struct gather *gather, uint32_t inode, int fd)
{
	struct snapshot *snap = gather->snap;

	if (inode == gather->netns_inode)
		return gather->netns;
	gather->netns_inode = inode;
	gather->netns = NO_NAMESPACE;
	for (size_t i = 0; i < snap->n_namespaces && i < NO_NAMESPACE; i++)
		if (snap->namespaces[i].inode == inode) {
			lead_to(gather, &snap->namespaces[i], fd);
			gather->netns = snap->namespaces[i].wanted ? (uint16_t)i : NO_NAMESPACE;
			return gather->netns;
		}
	if (fd < 0 || !netns_all_wanted(gather->request) || snap->n_namespaces >= NO_NAMESPACE)
		return NO_NAMESPACE;
	/* No process we may look at lives there: only sockets keep it. */
	struct namespace *netns = snapshot_add_namespace(snap);
	const char *name = netns ? arena_printf(&snap->arena, "%u", inode) : NULL;
	if (!name)
		return NO_NAMESPACE;
	netns->inode = inode;
	netns->name = name;
	netns->wanted = true;
	lead_to(gather, netns, fd);
	gather->netns = (uint16_t)(snap->n_namespaces - 1);
	return gather->netns;
}

static bool is_asked_for(const struct gather *gather, const struct wire_socket *from)
{
	const struct request *request = gather->request;

	if (from->family == AF_INET ? !request->ipv4 : !request->ipv6)
		return false;
	/* sock_diag does not list what has no port either. */
	if (from->state == SOCK_STATE_CLOSE && !from->local_port)
		return false;
	if (request->local_port && from->local_port != request->local_port)
		return false;
	return request->states & STATE_BIT(bpf_decode_state(from));
}

static int take_tcp(struct gather *gather, const struct wire_socket *from, uint16_t netns)
{
	struct snapshot *snap = gather->snap;
	struct sock *sock = snapshot_add_sock(snap);

	if (!sock)
		return -ENOMEM;
	bpf_decode_tcp(from, sock);
	sock->netns = netns;
	if (from->timer)
		sock->timer_ms = bpf_walk_ms(&gather->walk, from->timer_jiffies);
	if (!(gather->request->facts & FACT_REUSE))
		return 0;
	struct bind_facts *bind = snapshot_bind(snap, snap->n_socks - 1);
	if (bind)
		bpf_decode_bind(from, sock, bind);
	gather->more = bind;
	gather->more_is_full = from->type;
	return bind ? 0 : -ENOMEM;
}

static void count(struct gather *gather, const struct wire_socket *from)
{
	if (from->state == SOCK_STATE_LISTEN) {
		gather->n_listening++;
		gather->n_coming += (uint64_t)from->recv_queue + from->half_open;
	} else if (from->state != SOCK_STATE_CLOSE) {
		gather->n_hashed++;
	}
}

/* A TCP socket with a file: added when met first, held by one more when met again. */
static int take_held_tcp(struct gather *gather, const struct wire_socket *from, bool has_holder)
{
	const uint16_t netns = netns_index(gather, from->netns, has_holder ? from->fd : -1);
	struct snapshot *snap = gather->snap;

	if (netns == NO_NAMESPACE || !is_asked_for(gather, from))
		return 0;
	struct slot *slot = slots_find(&gather->inodes, from->inode);
	if (!slot)
		return -ENOMEM;
	if (!slot->index) {
		int err = take_tcp(gather, from, netns);
		if (err)
			return err;
		slot_fill(&gather->inodes, slot, from->inode, snap->n_socks);
		count(gather, from);
	}
	if (!has_holder || !(gather->request->facts & FACT_OWNERS))
		return 0;
	return snapshot_add_owner(snap, slot->index - 1, gather->proc, from->fd);
}

static int take_holding(struct gather *gather, const struct wire_socket *from)
{
	const uint32_t facts = gather->request->facts;

	netns_index(gather, from->netns, from->fd); /* a namespace may live by it alone */
	if (from->protocol == PROTOCOL_MPTCP)
		gather->walk.shared->question.with_mptcp = true;
	if (!(facts & (FACT_OWNERS | FACT_REUSE)))
		return 0;
	/* A connection of MPTCP holds TCP sockets. */
	if (from->protocol != PROTOCOL_MPTCP &&
	    !(gather->request->protos & ~PROTO_BIT(SOCK_PROTO_TCP)) && gather->all_tcp)
		return 0;
	struct holding *holding = snapshot_add_holding(gather->snap);
	if (!holding)
		return -ENOMEM;
	holding->inode = from->inode;
	holding->proc = gather->proc;
	holding->fd = from->fd;
	if (!(facts & FACT_REUSE) || !bpf_decode_family(from->family))
		return 0;
	struct sock sock = {0};
	bpf_decode_options(from, &sock);
	bpf_decode_bind(from, &sock, &holding->bind);
	holding->options = sock.options;
	holding->options_known = sock.options_known;
	gather->more = &holding->bind;
	gather->more_is_full = true;
	return 0;
}

static int take_ring(struct gather *gather, const struct wire_process *from)
{
	struct ring *ring = snapshot_add_ring(gather->snap);

	if (!ring)
		return -ENOMEM;
	*ring = (struct ring){.pid = from->pid, .fd = from->fd};
	return 0;
}

static int take_loose(struct gather *gather, const struct wire_socket *from)
{
	if (from->inode)
		return take_held_tcp(gather, from, false);
	const uint16_t netns = netns_index(gather, from->netns, -1);
	if (gather->only_files || netns == NO_NAMESPACE || !is_asked_for(gather, from))
		return 0;
	if (from->state == SOCK_STATE_LISTEN)
		count(gather, from);
	return take_tcp(gather, from, netns);
}

static int consume(void *data, const struct wire_record *records, size_t n)
{
	enum { AHEAD = 16 };
	struct gather *gather = data;
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		if (i + AHEAD < n)
			slot_expect(&gather->inodes, records[i + AHEAD].socket.inode);
		const struct wire_socket *socket = &records[i].socket;
		if (records[i].kind == WIRE_BIND) {
			if (gather->more)
				bpf_decode_more(&records[i].bind, gather->more_is_full,
						gather->more);
			gather->more = NULL;
			continue;
		}
		gather->more = NULL;
		if (records[i].kind == WIRE_PROCESS)
			err = take_process(gather, &records[i].process);
		else if (records[i].kind == WIRE_RING)
			err = take_ring(gather, &records[i].process);
		else if (records[i].kind == WIRE_LOOSE)
			err = take_loose(gather, socket);
		else if (gather->all_tcp && socket->protocol == PROTOCOL_TCP &&
			 bpf_decode_family(socket->family))
			err = take_held_tcp(gather, socket, true);
		else
			err = take_holding(gather, socket);
	}
	return err;
}

static int coverage_add(struct gather *gather, const char *source, uint32_t seen)
{
	struct coverage *coverage = snapshot_add_coverage(gather->snap);

	if (!coverage)
		return -ENOMEM;
	coverage->source = source;
	coverage->how = "bpf";
	coverage->level = COVERAGE_FULL;
	coverage->seen = coverage->total = seen;
	return 0;
}

static bool can_count(const struct gather *gather)
{
	const struct request *request = gather->request;

	return request->states == STATES_ALL && request->ipv4 && request->ipv6 &&
	       !request->local_port && tcp_counts_pay(gather->snap, gather->n_hashed);
}

/*
 * The listeners, which are few: some are not held by a process's descriptor. Then the kernel's
 * counters tell whether there are other TCP sockets than those known.
 */
static int walk_listeners(struct gather *gather, bool *ret_all)
{
	uint64_t n_passed;

	gather->walk.shared->question.states = STATE_BIT(SOCK_STATE_LISTEN);
	int err = bpf_walk_tables(&gather->walk, &n_passed);
	gather->walk.shared->question.states = STATES_ALL & ~STATE_BIT(SOCK_STATE_LISTEN);
	*ret_all = !err && !gather->n_coming &&
		   tcp_counts_are(gather->snap, gather->n_hashed + gather->n_listening);
	return err;
}

/*
 * TCP sockets that no process holds. Those that have a file all the same (in flight in a UNIX
 * message, registered with io_uring) are looked for only when the numbers show that there are any.
 */
static int walk_tables(struct gather *gather)
{
	uint64_t n_held;
	bool all = false;
	int err = can_count(gather) ? walk_listeners(gather, &all) : 0;

	if (!err && !all)
		err = bpf_walk_tables(&gather->walk, &n_held);
	if (err || all || n_held == gather->n_hashed)
		return err;
	gather->only_files = true;
	gather->walk.shared->question.all_tables = true;
	return bpf_walk_tables(&gather->walk, &n_held);
}

/* There cannot be many more sockets with files than files. */
static int expect(struct gather *gather, const struct bpf_choice *choice)
{
	struct snapshot *snap = gather->snap;
	const bool owners = gather->request->facts & FACT_OWNERS;
	const size_t n = choice->n_files < EXPECT_MAX ? (size_t)choice->n_files : EXPECT_MAX;
	size_t n_slots = 1024, n_sure;

	while (n_slots < n * 2)
		n_slots *= 2;
	int err = slots_resize(&gather->inodes, n_slots);
	if (!err)
		err = snapshot_reserve(snap, n, owners ? n : 0);
	if (err || choice->workers < 2)
		return err;
	n_sure = tcp_counts_expect(gather->request);
	n_sure = n_sure < n ? n_sure : n;
	bpf_memory_add(&gather->memory, snap->socks, n_sure * sizeof(*snap->socks));
	bpf_memory_add(&gather->memory, gather->inodes.all, n_slots * sizeof(struct slot));
	if (owners)
		bpf_memory_add(&gather->memory, snap->owners, n_sure * sizeof(*snap->owners));
	bpf_memory_start(&gather->memory);
	return 0;
}

static int bpf_sockets_collect(struct snapshot *snap, const struct request *request)
{
	AUTO(gather_release) struct gather gather = {
		.snap = snap, .request = request, .walk = BPF_WALK_INIT, .netns = NO_NAMESPACE};
	struct bpf_choice choice;
	int err = 0;

	bpf_choose(request, &choice);
	if (!choice.any)
		return 0;
	if (choice.tcp && !request->local_port)
		err = expect(&gather, &choice);
	if (err)
		return err;
	err = bpf_walk_open(&gather.walk);
	bpf_memory_stop(&gather.memory);
	if (err)
		return bpf_refused(snap, request, err);
	if (gather.walk.only_holders) {
		choice.tcp = false;
		choice.workers = 1;
	}
	gather.all_tcp = choice.tcp;
	gather.walk.consume = consume;
	gather.walk.data = &gather;
	gather.walk.n_workers = choice.workers;
	bpf_ask(snap, request, choice.tcp, &gather.walk.shared->question);
	if (gather.walk.only_holders)
		gather.walk.shared->question.with_flight = false;
	err = bpf_walk_files(&gather.walk);
	snap->rings_known = !err && gather.walk.shared->question.with_flight;
	if (!err && choice.tcp)
		err = walk_tables(&gather);
	if (!err && choice.tcp)
		err = coverage_add(&gather, "tcp", 0);
	if (!err && request->facts & FACT_OWNERS)
		err = coverage_add(&gather, "owners", (uint32_t)snap->n_procs);
	/* TCP sockets came with their owners: nothing is left to be joined by inode. */
	snap->no_inodes = choice.tcp && request->protos == PROTO_BIT(SOCK_PROTO_TCP) &&
			  !snap->n_holdings;
	return err;
}

const struct source source_bpf_sockets = {
	.name = "bpf_sockets",
	.provides = FACT_SOCKETS | FACT_OWNERS | FACT_REUSE,
	.collect = bpf_sockets_collect,
};
