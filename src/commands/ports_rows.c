/* SPDX-License-Identifier: MIT */
/*
 * Which sockets make one row: the same port of the same program. Two sockets belong together when
 * one process holds both (0.0.0.0 and ::), or when like processes share one address (SO_REUSEPORT);
 * so 127.0.0.1:80 and 10.0.0.5:80 of two unlike processes stay apart.
 */
#include "commands/ports.h"
#include "commands/collect.h"
#include "base/auto.h"
#include "core/snapshot.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct candidate {
	uint32_t sock;
	uint32_t group; /* index of the candidate that stands for the group */
	const struct proc *proc;
};

struct work {
	const struct snapshot *snap;
	struct candidate *candidates;
	size_t n;
	uint32_t *order; /* indexes of candidates */
};

static void work_release(struct work *work)
{
	free(work->candidates);
	free(work->order);
}

const struct proc *main_owner(const struct snapshot *snap, const struct sock *sock)
{
	const struct proc *best = NULL;

	for (uint32_t nth = 0; nth < sock->n_owners; nth++) {
		const struct proc *proc = owner_proc(snap, sock_owner(snap, sock, nth));
		/* init holds what it hands to services (socket activation): the service counts. */
		if (!best || (best->pid == 1 && proc->pid != 1) ||
		    (proc->pid != 1 && (proc->start_ticks < best->start_ticks ||
					(proc->start_ticks == best->start_ticks &&
					 proc->pid < best->pid))))
			best = proc;
	}
	return best;
}

static bool is_bound_only(const struct sock *sock)
{
	return sock->proto == SOCK_PROTO_TCP && sock->state == SOCK_STATE_BOUND_INACTIVE &&
	       sock->local_port;
}

static int compare_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_ports(const struct sock *a, const struct sock *b)
{
	if (a->netns != b->netns)
		return a->netns < b->netns ? -1 : 1;
	if (a->local_port != b->local_port)
		return a->local_port < b->local_port ? -1 : 1;
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	return is_bound_only(a) - is_bound_only(b);
}

/* Zero for sockets of one port and like processes: the same name, user and unit. */
static int compare_kinds(const struct work *work, uint32_t left, uint32_t right)
{
	const struct candidate *a = &work->candidates[left], *b = &work->candidates[right];
	const struct sock *x = &work->snap->socks[a->sock], *y = &work->snap->socks[b->sock];
	int order = compare_ports(x, y);

	if (order)
		return order;
	if (!a->proc || !b->proc)
		return a->proc || b->proc ? (a->proc ? -1 : 1)
					  : (x->uid > y->uid) - (x->uid < y->uid);
	order = strcmp(a->proc->comm, b->proc->comm);
	if (!order)
		order = (a->proc->uid > b->proc->uid) - (a->proc->uid < b->proc->uid);
	if (!order)
		order = compare_texts(a->proc->unit, b->proc->unit);
	return order ? order : compare_texts(a->proc->container, b->proc->container);
}

static int compare_pids(const void *left, const void *right, void *data)
{
	const struct work *work = data;
	const uint32_t i = *(const uint32_t *)left, k = *(const uint32_t *)right;
	int order = compare_kinds(work, i, k);
	const struct proc *a = work->candidates[i].proc, *b = work->candidates[k].proc;

	if (order)
		return order;
	return a && b ? (a->pid > b->pid) - (a->pid < b->pid) : 0;
}

static int compare_addresses(const void *left, const void *right, void *data)
{
	const struct work *work = data;
	const uint32_t i = *(const uint32_t *)left, k = *(const uint32_t *)right;
	int order = compare_kinds(work, i, k);
	const struct sock *socks = work->snap->socks;

	return order ? order : addr_compare(&socks[work->candidates[i].sock].local,
					    &socks[work->candidates[k].sock].local);
}

static uint32_t group_of(struct candidate *candidates, uint32_t i)
{
	while (candidates[i].group != i) {
		candidates[i].group = candidates[candidates[i].group].group;
		i = candidates[i].group;
	}
	return i;
}

/* Sort by @compare and join neighbours that are equal. */
static void join_equals(struct work *work, int (*compare)(const void *, const void *, void *))
{
	qsort_r(work->order, work->n, sizeof(*work->order), compare, work);
	for (size_t i = 1; i < work->n; i++) {
		if (compare(&work->order[i - 1], &work->order[i], work) != 0)
			continue;
		uint32_t a = group_of(work->candidates, work->order[i - 1]);
		uint32_t b = group_of(work->candidates, work->order[i]);
		if (a < b)
			work->candidates[b].group = a;
		else
			work->candidates[a].group = b;
	}
}

static int compare_groups(const void *left, const void *right, void *data)
{
	const struct work *work = data;
	const uint32_t i = *(const uint32_t *)left, k = *(const uint32_t *)right;
	struct candidate *candidates = work->candidates;
	const struct sock *socks = work->snap->socks;
	const uint32_t a = group_of(candidates, i), b = group_of(candidates, k);
	int order = compare_ports(&socks[candidates[a].sock], &socks[candidates[b].sock]);

	if (order)
		return order;
	if (a != b)
		return a < b ? -1 : 1;
	order = addr_compare(&socks[candidates[i].sock].local, &socks[candidates[k].sock].local);
	return order ? order : (i > k) - (i < k);
}

static int find_candidates(struct work *work)
{
	const struct snapshot *snap = work->snap;
	size_t n = 0;

	for (size_t i = 0; i < snap->n_socks; i++)
		n += sock_is_open_port(&snap->socks[i]) || is_bound_only(&snap->socks[i]);
	work->candidates = calloc(n + 1, sizeof(*work->candidates));
	work->order = calloc(n + 1, sizeof(*work->order));
	if (!work->candidates || !work->order)
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_socks; i++) {
		const struct sock *sock = &snap->socks[i];
		if (!(sock_is_open_port(sock) || is_bound_only(sock)) || !collect_wants(snap, sock))
			continue;
		const uint32_t at = (uint32_t)work->n++;
		work->candidates[at] = (struct candidate){(uint32_t)i, at, main_owner(snap, sock)};
		work->order[at] = at;
	}
	return 0;
}

/* Counted by distinct pids: the owners of a group are few, or many of one process each. */
static uint32_t count_procs(const struct snapshot *snap, const struct port_row *row)
{
	uint32_t room = 0, n = 0;

	for (uint32_t i = 0; i < row->n_socks; i++)
		room += snap->socks[row->socks[i]].n_owners;
	AUTO(freep) uint8_t *seen = calloc(1, snap->n_procs / 8 + 1);
	if (!seen)
		return room;
	for (uint32_t i = 0; i < row->n_socks; i++) {
		const struct sock *sock = &snap->socks[row->socks[i]];
		for (uint32_t nth = 0; nth < sock->n_owners; nth++) {
			const uint32_t proc = sock_owner(snap, sock, nth)->proc;
			n += !(seen[proc / 8] >> proc % 8 & 1);
			seen[proc / 8] |= (uint8_t)(1 << proc % 8);
		}
	}
	return n;
}

static bool longer_queue(const struct sock *a, const struct sock *b)
{
	return (uint64_t)a->recv_queue * (b->send_queue + 1ull) >
	       (uint64_t)b->recv_queue * (a->send_queue + 1ull);
}

static const struct host *host_of(const struct snapshot *snap, const struct sock *sock)
{
	if (sock->netns < snap->n_namespaces && snap->namespaces[sock->netns].host.known)
		return &snap->namespaces[sock->netns].host;
	return &snap->host;
}

static void finish_row(const struct snapshot *snap, struct port_row *row)
{
	assert(row->first);
	const struct host *host = host_of(snap, row->first);

	row->n_procs = count_procs(snap, row);
	row->is_bound_only = is_bound_only(row->first);
	row->in_ephemeral = host_port_is_ephemeral(host, row->first->local_port) &&
			    !host_port_is_reserved(host, row->first->local_port);
	for (uint32_t i = 0; i < row->n_socks; i++) {
		const struct sock *sock = &snap->socks[row->socks[i]];
		const struct proc *proc = main_owner(snap, sock);
		if (proc && (!row->proc || proc->start_ticks < row->proc->start_ticks ||
			     (proc->start_ticks == row->proc->start_ticks &&
			      proc->pid < row->proc->pid)))
			row->proc = proc;
		if (sock->state == SOCK_STATE_LISTEN &&
		    (!row->fullest || longer_queue(sock, row->fullest)))
			row->fullest = sock;
	}
	/* As sk_acceptq_is_full() in include/net/sock.h: more than the backlog, not as many. */
	row->is_full = row->fullest && row->fullest->recv_queue > row->fullest->send_queue;
}

static int make_rows(struct work *work, struct port_rows *rows)
{
	const struct snapshot *snap = work->snap;

	qsort_r(work->order, work->n, sizeof(*work->order), compare_groups, work);
	rows->rows = calloc(work->n + 1, sizeof(*rows->rows));
	rows->socks = calloc(work->n + 1, sizeof(*rows->socks));
	if (!rows->rows || !rows->socks)
		return -ENOMEM;
	for (size_t i = 0; i < work->n; i++) {
		const uint32_t at = work->order[i];
		rows->socks[i] = work->candidates[at].sock;
		const bool same = i && group_of(work->candidates, work->order[i - 1]) ==
					       group_of(work->candidates, at);
		if (!same)
			rows->rows[rows->n++] = (struct port_row){
				.socks = &rows->socks[i],
				.first = &snap->socks[rows->socks[i]],
			};
		rows->rows[rows->n - 1].n_socks++;
		rows->several_netns |= snap->socks[rows->socks[i]].netns !=
				       snap->socks[rows->socks[0]].netns;
	}
	for (size_t i = 0; i < rows->n; i++)
		finish_row(snap, &rows->rows[i]);
	return 0;
}

/* How well @row's sockets fit a connection's local address: 2 exactly, 1 by a wildcard, 0 not. */
static int fit(const struct snapshot *snap, const struct port_row *row, const struct addr *local)
{
	const struct addr plain = addr_unmapped(local);
	int best = 0;

	for (uint32_t i = 0; i < row->n_socks && best < 2; i++) {
		const struct sock *sock = &snap->socks[row->socks[i]];
		const struct addr own = addr_unmapped(&sock->local);
		const bool takes_both = sock->local.family == ADDR_IPV6 &&
					!sock_option_is(sock, SOCK_OPTION_V6ONLY);
		if (addr_equal(&own, &plain))
			best = 2;
		else if (addr_is_any(&sock->local) && (own.family == plain.family || takes_both))
			best = 1;
	}
	return best;
}

static int compare_row_to(const struct port_row *row, const struct sock *sock)
{
	if (row->first->netns != sock->netns)
		return row->first->netns < sock->netns ? -1 : 1;
	return (row->first->local_port > sock->local_port) -
	       (row->first->local_port < sock->local_port);
}

static void count_connection(const struct snapshot *snap, struct port_rows *rows,
			     const struct sock *sock)
{
	size_t low = 0, high = rows->n;
	struct port_row *best = NULL;
	int best_fit = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_row_to(&rows->rows[middle], sock) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < rows->n && !compare_row_to(&rows->rows[low], sock); low++) {
		struct port_row *row = &rows->rows[low];
		if (row->first->state != SOCK_STATE_LISTEN)
			continue;
		int found = fit(snap, row, &sock->local);
		if (found > best_fit) {
			best = row;
			best_fit = found;
		}
	}
	if (best)
		best->connections++;
}

int port_rows_make(const struct snapshot *snap, struct port_rows *ret_rows)
{
	AUTO(work_release) struct work work = {.snap = snap};

	*ret_rows = (struct port_rows){};
	int error = find_candidates(&work);
	if (error)
		return error;
	join_equals(&work, compare_addresses);
	join_equals(&work, compare_pids);
	error = make_rows(&work, ret_rows);
	for (size_t i = 0; i < snap->n_socks && !error && ret_rows->n; i++)
		if (snap->socks[i].proto == SOCK_PROTO_TCP &&
		    snap->socks[i].state == SOCK_STATE_ESTABLISHED)
			count_connection(snap, ret_rows, &snap->socks[i]);
	return error;
}

void port_rows_release(struct port_rows *rows)
{
	free(rows->rows);
	free(rows->socks);
}
