/* SPDX-License-Identifier: MIT */
/* Who holds what, by holder: a process and its children of the same name are one, as nginx is. */
#include "commands/who_holds.h"
#include "commands/who.h"
#include "base/auto.h"
#include "core/snapshot.h"

#include <errno.h>
#include <string.h>

size_t who_ancestors(const struct snapshot *snap, const struct proc *proc,
		     const struct proc *ret[MAX_ANCESTORS])
{
	size_t n = 0;

	while (proc->parent && n < MAX_ANCESTORS) {
		const struct proc *parent = snapshot_proc_by_pid(snap, proc->parent);
		if (!parent || parent == proc)
			break;
		ret[n++] = parent;
		proc = parent;
	}
	return n;
}

/* The eldest ancestor of the same name that is @holding too, by parents without a gap. */
static uint32_t head_of(const struct snapshot *snap, const bool *holding, uint32_t index)
{
	const struct proc *ancestors[MAX_ANCESTORS];
	const size_t n = who_ancestors(snap, &snap->procs[index], ancestors);
	uint32_t head = index;

	for (size_t i = 0; i < n; i++) {
		const uint32_t parent = (uint32_t)(ancestors[i] - snap->procs);
		if (strcmp(ancestors[i]->comm, snap->procs[index].comm) != 0 ||
		    !holding[parent])
			break;
		head = parent;
	}
	return head;
}

static int compare_by_proc(const void *left, const void *right)
{
	const struct hold *a = left, *b = right;

	if (a->proc != b->proc)
		return a->proc < b->proc ? -1 : 1;
	return (a->sock > b->sock) - (a->sock < b->sock);
}

static int compare_by_head(const void *left, const void *right)
{
	const struct hold *a = left, *b = right;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	if (a->sock != b->sock)
		return a->sock < b->sock ? -1 : 1;
	return (a->proc > b->proc) - (a->proc < b->proc);
}

int holds_find(const struct who *who, struct hold **ret_holds, size_t *ret_n)
{
	const struct snapshot *snap = who->snap;
	size_t n = 0;
	size_t room = 0;

	for (size_t i = 0; i < who->n_socks; i++)
		room += snap->socks[who->socks[i]].n_owners;
	AUTO(freep) bool *holding = calloc(snap->n_procs + 1, sizeof(*holding));
	AUTO(freep) struct hold *holds = calloc(room + 1, sizeof(*holds));
	if (!holds || !holding)
		return -ENOMEM;
	for (size_t i = 0; i < who->n_socks; i++) {
		const struct sock *sock = &snap->socks[who->socks[i]];
		for (uint32_t nth = 0; nth < sock->n_owners; nth++) {
			const struct owner *owner = sock_owner(snap, sock, nth);
			holds[n++] = (struct hold){0, owner->proc, owner->sock,
							       owner->fd};
			holding[owner->proc] = true;
		}
	}
	qsort(holds, n, sizeof(*holds), compare_by_proc);
	for (size_t i = 0; i < n; i++)
		holds[i].head = i && holds[i].proc == holds[i - 1].proc
					      ? holds[i - 1].head
					      : head_of(snap, holding, holds[i].proc);
	qsort(holds, n, sizeof(*holds), compare_by_head);
	*ret_holds = take(holds);
	*ret_n = n;
	return 0;
}
