/* SPDX-License-Identifier: MIT */
/* Growing arrays, and the indices over them. */
#include "core/snapshot.h"
#include "base/array.h"
#include "base/auto.h"
#include "base/hash.h"
#include "base/pages.h"
#include "base/strbuf.h"
#include "core/sock_extra.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct snapshot *snapshot_new(void)
{
	struct snapshot *snap = calloc(1, sizeof(*snap));

	if (!snap)
		return NULL;
	arena_init(&snap->arena);
	host_set_defaults(&snap->host);
	return snap;
}

void snapshot_free(struct snapshot *snap)
{
	if (!snap)
		return;
	free(snap->socks);
	free(snap->extras);
	free(snap->binds);
	free(snap->procs);
	free(snap->holdings);
	free(snap->rings);
	free(snap->owners);
	free(snap->namespaces);
	free(snap->coverages);
	free(snap->forwards);
	free(snap->translations);
	free(snap->notes);
	free(snap->texts);
	free(snap->text_lens);
	free(snap->text_slots);
	free(snap->inode_slots);
	free(snap->pid_slots);
	free(snap->users);
	free(snap->pairs);
	arena_release(&snap->arena);
	free(snap);
}

static int reserve(void *array, size_t n, size_t *room, size_t size)
{
	void **place = array;

	if (n <= *room)
		return 0;
	void *bigger = reallocarray(*place, n, size);
	if (!bigger)
		return -ENOMEM;
	pages_prefer_huge(bigger, n * size);
	*place = bigger;
	*room = n;
	return 0;
}

int snapshot_reserve(struct snapshot *snap, size_t n_socks, size_t n_owners)
{
	int err = reserve(&snap->socks, n_socks, &snap->room_socks, sizeof(*snap->socks));

	return err ? err : reserve(&snap->owners, n_owners, &snap->room_owners,
				   sizeof(*snap->owners));
}

struct sock *snapshot_add_sock(struct snapshot *snap)
{
	if (!array_grow(&snap->socks, snap->n_socks, &snap->room_socks, sizeof(*snap->socks)))
		return NULL;
	struct sock *sock = &snap->socks[snap->n_socks++];
	memset(sock, 0, sizeof(*sock));
	return sock;
}

void snapshot_expect_socks(struct snapshot *snap, size_t more)
{
	const size_t room = snap->n_socks + more;

	if (room <= snap->room_socks || room > SIZE_MAX / 2 / sizeof(*snap->socks))
		return;
	struct sock *bigger = reallocarray(snap->socks, room, sizeof(*snap->socks));
	if (!bigger)
		return;
	snap->socks = bigger;
	snap->room_socks = room;
}

/* Room in a side array, which has an element a socket, for socket @sock. */
static bool side_grow(const struct snapshot *snap, void *array, size_t sock, size_t *room,
		      size_t size)
{
	char **place = array;

	if (sock < *room)
		return true;
	char *bigger = reallocarray(*place, snap->room_socks, size);
	if (!bigger)
		return false;
	memset(bigger + *room * size, 0, (snap->room_socks - *room) * size);
	*place = bigger;
	*room = snap->room_socks;
	return true;
}

struct sock_extra *snapshot_extra(struct snapshot *snap, size_t sock)
{
	if (!side_grow(snap, &snap->extras, sock, &snap->room_extras, sizeof(*snap->extras)))
		return NULL;
	return &snap->extras[sock];
}

struct bind_facts *snapshot_bind(struct snapshot *snap, size_t sock)
{
	if (!side_grow(snap, &snap->binds, sock, &snap->room_binds, sizeof(*snap->binds)))
		return NULL;
	return &snap->binds[sock];
}

struct holding *snapshot_add_holding(struct snapshot *snap)
{
	if (!array_grow(&snap->holdings, snap->n_holdings, &snap->room_holdings,
		  sizeof(*snap->holdings)))
		return NULL;
	struct holding *holding = &snap->holdings[snap->n_holdings++];
	memset(holding, 0, sizeof(*holding));
	return holding;
}

struct ring *snapshot_add_ring(struct snapshot *snap)
{
	if (!array_grow(&snap->rings, snap->n_rings, &snap->room_rings, sizeof(*snap->rings)))
		return NULL;
	struct ring *ring = &snap->rings[snap->n_rings++];
	memset(ring, 0, sizeof(*ring));
	return ring;
}

struct proc *snapshot_add_proc(struct snapshot *snap)
{
	if (!array_grow(&snap->procs, snap->n_procs, &snap->room_procs, sizeof(*snap->procs)))
		return NULL;
	struct proc *proc = &snap->procs[snap->n_procs++];
	*proc = (struct proc){.comm = "", .uid = UINT32_MAX};
	return proc;
}

struct namespace *snapshot_add_namespace(struct snapshot *snap)
{
	if (!array_grow(&snap->namespaces, snap->n_namespaces, &snap->room_namespaces,
		  sizeof(*snap->namespaces)))
		return NULL;
	struct namespace *netns = &snap->namespaces[snap->n_namespaces++];
	*netns = (struct namespace){.name = ""};
	host_set_defaults(&netns->host);
	return netns;
}

struct coverage *snapshot_add_coverage(struct snapshot *snap)
{
	if (!array_grow(&snap->coverages, snap->n_coverages, &snap->room_coverages,
		  sizeof(*snap->coverages)))
		return NULL;
	struct coverage *coverage = &snap->coverages[snap->n_coverages++];
	*coverage = (struct coverage){.source = "", .how = ""};
	return coverage;
}

struct forward *snapshot_add_forward(struct snapshot *snap)
{
	if (!array_grow(&snap->forwards, snap->n_forwards, &snap->room_forwards,
		  sizeof(*snap->forwards)))
		return NULL;
	struct forward *forward = &snap->forwards[snap->n_forwards++];
	*forward = (struct forward){.by = ""};
	return forward;
}

struct note *snapshot_add_note(struct snapshot *snap, size_t sock)
{
	if (!array_grow(&snap->notes, snap->n_notes, &snap->room_notes, sizeof(*snap->notes)))
		return NULL;
	struct note *note = &snap->notes[snap->n_notes++];
	*note = (struct note){.sock = (uint32_t)sock};
	return note;
}

int snapshot_add_owner(struct snapshot *snap, size_t sock, size_t proc, int fd)
{
	if (!array_grow(&snap->owners, snap->n_owners, &snap->room_owners, sizeof(*snap->owners)))
		return -ENOMEM;
	struct sock *owned = &snap->socks[sock];
	/* Sockets are mostly met in order, each with all its owners: then no sorting is left to do. */
	snap->owners_apart |= snap->n_owners && sock < snap->owners[snap->n_owners - 1].sock;
	if (!owned->n_owners++)
		owned->first_owner = (uint32_t)snap->n_owners;
	snap->owners[snap->n_owners++] =
		(struct owner){.sock = (uint32_t)sock, .proc = (uint32_t)proc, .fd = fd};
	return 0;
}

/* Counting sort by socket: linear, and stable so that owners stay in the order they were met. */
static int owners_sort(struct snapshot *snap)
{
	struct owner *sorted = malloc(snap->n_owners * sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	pages_prefer_huge(sorted, snap->n_owners * sizeof(*sorted));
	for (size_t i = 0; i < snap->n_socks; i++)
		snap->socks[i].n_owners = 0;
	for (size_t i = 0; i < snap->n_owners; i++) {
		struct sock *sock = &snap->socks[snap->owners[i].sock];
		sorted[sock->first_owner + sock->n_owners++] = snap->owners[i];
	}
	free(snap->owners);
	snap->owners = sorted;
	snap->room_owners = snap->n_owners;
	snap->owners_apart = false;
	return 0;
}

static int index_owners(struct snapshot *snap)
{
	uint32_t first = 0;

	if (!snap->owners_apart)
		return 0;
	for (size_t i = 0; i < snap->n_socks; i++) {
		snap->socks[i].first_owner = first;
		first += snap->socks[i].n_owners;
	}
	return owners_sort(snap);
}

static size_t slots_for(size_t n)
{
	size_t slots = 16;

	while (slots < n + n / 2)
		slots *= 2;
	return slots;
}

static int index_inodes(struct snapshot *snap)
{
	enum { AHEAD = 16 };
	const size_t n = slots_for(snap->n_socks);
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	pages_prefer_huge(slots, n * sizeof(*slots));
	for (size_t i = 0; i < snap->n_socks; i++) {
		/* No cache holds so many slots: ask for them some sockets before. */
		if (i + AHEAD < snap->n_socks)
			__builtin_prefetch(
				&slots[hash_u64(snap->socks[i + AHEAD].inode) & (n - 1)], 1);
		if (!snap->socks[i].inode)
			continue;
		size_t at = hash_u64(snap->socks[i].inode) & (n - 1);
		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(snap->inode_slots);
	snap->inode_slots = slots;
	snap->n_inode_slots = n;
	return 0;
}

int snapshot_index_pids(struct snapshot *snap)
{
	const size_t n = slots_for(snap->n_procs);
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_procs; i++) {
		size_t at = hash_u64(snap->procs[i].pid) & (n - 1);
		while (slots[at])
			at = (at + 1) & (n - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(snap->pid_slots);
	snap->pid_slots = slots;
	snap->n_pid_slots = n;
	return 0;
}

static int notes_compose(struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_notes; i++) {
		AUTO(strbuf_release) struct strbuf text = STRBUF_INIT;
		if (snap->notes[i].text)
			continue;
		note_compose(&snap->notes[i], &text);
		snap->notes[i].text =
			text.failed ? NULL : arena_dup(&snap->arena, text.text, text.len);
		if (!snap->notes[i].text)
			return -ENOMEM;
	}
	return 0;
}

int snapshot_index(struct snapshot *snap)
{
	int err = index_owners(snap);

	if (!err && !snap->no_inodes)
		err = index_inodes(snap);
	if (!err)
		err = notes_compose(snap);
	return err ? err : snapshot_index_pids(snap);
}

struct sock *snapshot_sock_by_inode(const struct snapshot *snap, uint32_t inode)
{
	const size_t mask = snap->n_inode_slots - 1;

	if (!snap->n_inode_slots || !inode)
		return NULL;
	for (size_t at = hash_u64(inode) & mask; snap->inode_slots[at]; at = (at + 1) & mask) {
		struct sock *sock = &snap->socks[snap->inode_slots[at] - 1];
		if (sock->inode == inode)
			return sock;
	}
	return NULL;
}

struct sock *snapshot_sock_same_inode(const struct snapshot *snap, const struct sock *sock)
{
	const size_t mask = snap->n_inode_slots - 1;
	bool past = false;

	for (size_t at = hash_u64(sock->inode) & mask; snap->inode_slots[at]; at = (at + 1) & mask) {
		struct sock *other = &snap->socks[snap->inode_slots[at] - 1];
		if (past && other->inode == sock->inode)
			return other;
		past |= other == sock;
	}
	return NULL;
}

struct proc *snapshot_proc_by_pid(const struct snapshot *snap, uint32_t pid)
{
	const size_t mask = snap->n_pid_slots - 1;

	if (!snap->n_pid_slots)
		return NULL;
	for (size_t at = hash_u64(pid) & mask; snap->pid_slots[at]; at = (at + 1) & mask) {
		struct proc *proc = &snap->procs[snap->pid_slots[at] - 1];
		if (proc->pid == pid)
			return proc;
	}
	return NULL;
}

const struct sock_extra *sock_extra(const struct snapshot *snap, const struct sock *sock)
{
	const size_t index = (size_t)(sock - snap->socks);

	return index < snap->room_extras ? &snap->extras[index] : NULL;
}
