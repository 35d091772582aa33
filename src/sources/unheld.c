/* SPDX-License-Identifier: MIT */
/* The walk over all file tables (src/bpf/sockets.bpf.c), of which only what is missing is kept. */
#include "sources/unheld.h"
#include "base/auto.h"
#include "core/snapshot.h"
#include "sources/bpf_choice.h"
#include "sources/bpf_decode.h"
#include "sources/bpf_walk.h"

#include <errno.h>
#include <stdlib.h>

bool *unheld_list(const struct snapshot *snap, size_t *ret_n)
{
	bool *unheld = calloc(snap->n_socks + 1, sizeof(*unheld));

	*ret_n = 0;
	if (!unheld)
		return NULL;
	for (size_t i = 0; i < snap->n_socks; i++)
		unheld[i] = snap->socks[i].inode != 0;
	for (size_t i = 0; i < snap->n_owners; i++)
		unheld[snap->owners[i].sock] = false;
	for (size_t i = 0; i < snap->n_socks; i++)
		*ret_n += unheld[i];
	return unheld;
}

struct gather {
	struct snapshot *snap;
	const bool *unheld;
	struct bpf_walk walk;
	struct wire_process process; /* of the records that follow */
	int32_t fd; /* of the file before one in flight: the UNIX socket it waits at */
};

static void gather_release(struct gather *gather)
{
	bpf_walk_close(&gather->walk);
}

/* The index of the process of the records; it may be a new one. 0 or -ENOMEM. */
static int process_index(struct gather *gather, size_t *ret)
{
	struct snapshot *snap = gather->snap;
	struct proc now = {.comm = ""};
	int err = bpf_decode_process(&gather->process, snap, &now);

	if (err)
		return err;
	for (size_t i = snap->n_procs; i-- > 0;) {
		const struct proc *known = &snap->procs[i];
		*ret = i;
		if (known->pid == now.pid && known->start_ticks == now.start_ticks)
			return 0;
	}
	*ret = snap->n_procs;
	struct proc *proc = snapshot_add_proc(snap);
	if (proc)
		*proc = now;
	return proc ? 0 : -ENOMEM;
}

static int add_owner(struct gather *gather, size_t sock, int32_t fd)
{
	struct snapshot *snap = gather->snap;
	size_t proc = 0;
	int err = process_index(gather, &proc);

	if (err)
		return err;
	if (fd < 0 && gather->fd >= 0) {
		struct note *note = snapshot_add_note(snap, sock);
		if (!note)
			return -ENOMEM;
		note->kind = NOTE_IN_FLIGHT;
		note->pid = snap->procs[proc].pid;
		note->comm = snap->procs[proc].comm;
		note->fd = gather->fd;
	}
	return snapshot_add_owner(snap, sock, proc, fd);
}

static int take_socket(struct gather *gather, const struct wire_socket *socket)
{
	const struct snapshot *snap = gather->snap;
	int err = 0;

	if (socket->fd >= 0)
		gather->fd = socket->fd;
	for (const struct sock *sock = snapshot_sock_by_inode(snap, socket->inode); sock && !err;
	     sock = snapshot_sock_same_inode(snap, sock)) {
		const size_t nth = (size_t)(sock - snap->socks);
		if (gather->unheld[nth])
			err = add_owner(gather, nth, socket->fd);
	}
	return err;
}

static int consume(void *data, const struct wire_record *records, size_t n)
{
	struct gather *gather = data;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		if (records[i].kind == WIRE_PROCESS) {
			gather->process = records[i].process;
			gather->fd = -1;
		} else if (records[i].kind == WIRE_SOCKET) {
			err = take_socket(gather, &records[i].socket);
		}
	}
	return err;
}

int unheld_by_bpf(struct snapshot *snap, const bool *unheld)
{
	AUTO(gather_release) struct gather gather = {
		.snap = snap, .unheld = unheld, .walk = BPF_WALK_INIT, .fd = -1};

	if (!bpf_is_allowed())
		return -EPERM;
	int err = bpf_walk_open(&gather.walk);
	if (err)
		return err;
	gather.walk.consume = consume;
	gather.walk.data = &gather;
	gather.walk.shared->question.with_flight = true;
	return bpf_walk_files(&gather.walk);
}
