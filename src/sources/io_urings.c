/* SPDX-License-Identifier: MIT */
/* io_uring/fdinfo.c lists the files of a ring below "UserFiles:", one a line. */
#include "sources/io_urings.h"
#include "base/auto.h"
#include "base/clock.h"
#include "base/numbers.h"
#include "core/snapshot.h"
#include "sources/proc_dir.h"
#include "sources/proc_pids.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	LINE_SIZE = 512,
	FEW_FILES = 1024,
	FEW_MISSING = 64, /* of so many each is looked at for each file of a ring */
};

struct search {
	struct snapshot *snap;
	uint32_t *n_closed;
	bool *unheld;
	size_t *n_missing;
	uint32_t missing[FEW_MISSING]; /* the sockets, if they were few in the beginning; */
	size_t n_few;		       /* else 0, and there is an index */
	uint64_t deadline_ns;
	bool late; /* it has passed */
};

static bool is_late(struct search *search)
{
	search->late = search->late || monotonic_ns() > search->deadline_ns;
	return search->late;
}

unsigned io_uring_line(const char *line)
{
	unsigned slot, inode;
	int end = 0;

	if (sscanf(line, " %u: socket:[%u]%n", &slot, &inode, &end) != 2 || !end)
		return 0;
	return line[end] == '\n' || !line[end] ? inode : 0;
}

/* The index of the process behind @dir. 0, -ESRCH: it is gone, or -ENOMEM. */
static int process_index(struct search *search, int dir, uint32_t pid, size_t *ret)
{
	struct snapshot *snap = search->snap;

	for (size_t i = 0; i < snap->n_procs; i++)
		if (snap->procs[i].pid == pid) {
			*ret = i;
			return 0;
		}
	struct proc *proc = snapshot_add_proc(snap);
	if (!proc)
		return -ENOMEM;
	*ret = snap->n_procs - 1;
	int err = proc_dir_fill(snap, dir, "", proc);
	snap->n_procs -= err ? 1 : 0;
	return err;
}

static int add_owner(struct search *search, size_t sock, int dir, uint32_t pid, int ring)
{
	struct snapshot *snap = search->snap;
	size_t proc = 0;
	int err = process_index(search, dir, pid, &proc);

	if (err)
		return err == -ESRCH ? 0 : err;
	struct note *note = snapshot_add_note(snap, sock);
	if (!note)
		return -ENOMEM;
	note->kind = NOTE_IO_URING;
	note->pid = pid;
	note->comm = snap->procs[proc].comm;
	note->fd = ring;
	(*search->n_missing)--;
	search->unheld[sock] = false;
	return snapshot_add_owner(snap, sock, proc, -1);
}

/* Make it quick to find those that are missing. An index over all takes longer than a few. */
static int list_missing(struct search *search)
{
	struct snapshot *snap = search->snap;

	if (*search->n_missing > FEW_MISSING) {
		snap->no_inodes = false;
		return snapshot_index(snap);
	}
	for (size_t i = 0; i < snap->n_socks && search->n_few < *search->n_missing; i++)
		if (search->unheld[i])
			search->missing[search->n_few++] = (uint32_t)i;
	return 0;
}

static bool find_missing(const struct search *search, uint32_t inode, size_t *ret)
{
	const struct snapshot *snap = search->snap;

	for (size_t i = 0; i < search->n_few; i++)
		if (search->unheld[search->missing[i]] &&
		    snap->socks[search->missing[i]].inode == inode) {
			*ret = search->missing[i];
			return true;
		}
	const struct sock *sock = search->n_few ? NULL : snapshot_sock_by_inode(snap, inode);
	if (sock)
		*ret = (size_t)(sock - snap->socks);
	return sock && search->unheld[*ret];
}

static int read_ring(struct search *search, const struct ring *ring)
{
	char path[48], line[LINE_SIZE];
	AUTO(closep) int dir = proc_dir_open(ring->pid);
	int err = 0;

	snprintf(path, sizeof(path), "fdinfo/%d", ring->fd);
	const int fd = dir < 0 ? -1 : openat(dir, path, O_RDONLY | O_CLOEXEC);
	*search->n_closed += fd < 0 && errno == EACCES;
	AUTO(fclosep) FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	if (fd >= 0 && !file)
		close(fd);
	while (file && !err && *search->n_missing && fgets(line, sizeof(line), file)) {
		const unsigned inode = io_uring_line(line);
		size_t nth;
		if (inode && find_missing(search, inode, &nth))
			err = add_owner(search, nth, dir, ring->pid, ring->fd);
	}
	return err;
}

static int read_files(struct search *search, uint32_t pid, DIR *files)
{
	const struct dirent *entry;
	char link[32];
	uint64_t number;

	while (!is_late(search) && (entry = readdir(files))) {
		if (!parse_u64(entry->d_name, INT32_MAX, &number))
			continue;
		ssize_t len = readlinkat(dirfd(files), entry->d_name, link, sizeof(link) - 1);
		link[len > 0 ? len : 0] = '\0';
		if (strcmp(link, "anon_inode:[io_uring]") != 0)
			continue;
		struct ring *ring = snapshot_add_ring(search->snap);
		if (!ring)
			return -ENOMEM;
		*ring = (struct ring){.pid = pid, .fd = (int)number};
	}
	return 0;
}

/* The rings of a process that has @many files, or few. */
static int read_process(struct search *search, uint32_t pid, bool many)
{
	AUTO(closep) int dir = proc_dir_open(pid);
	const int fd = dir < 0 ? -1 : openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	*search->n_closed += fd < 0 && errno == EACCES && !many; /* each is tried twice */
	/* Its size is their number (6.2 and newer, else 0). */
	if (fd < 0 || fstat(fd, &st) || (st.st_size > FEW_FILES) != many) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	DIR *files = fdopendir(fd);
	if (!files) {
		close(fd);
		return 0;
	}
	const int err = read_files(search, pid, files);
	closedir(files);
	return err;
}

/* The walk that found the owners was not /proc's. */
static int find_rings(struct search *search)
{
	AUTO(pid_list_release) struct pid_list pids = {0};
	int err = 0;

	if (pid_list_read(&pids, "/proc"))
		return 0;
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < pids.n && !err && !is_late(search); i++)
			err = read_process(search, pids.pids[i], round);
	search->snap->rings_known = !err && !search->late;
	return err;
}

/* kernel.io_uring_disabled = 2: nobody has one. */
static bool is_disabled(void)
{
	char text[8] = "";

	return proc_dir_read(AT_FDCWD, "/proc/sys/kernel/io_uring_disabled", text, sizeof(text)) > 0 &&
	       *text == '2';
}

int io_urings_find(struct snapshot *snap, const struct io_urings_search *asked, bool *ret_all)
{
	struct search search = {.snap = snap, .unheld = asked->unheld, .n_missing = asked->n_missing, .n_closed = asked->n_closed,
				.deadline_ns = monotonic_ns() + asked->limit_ms * 1000000ull};
	int err = 0;

	*ret_all = true;
	if (is_disabled())
		return 0;
	if (!snap->rings_known)
		err = find_rings(&search);
	if (!err && snap->n_rings)
		err = list_missing(&search);
	for (size_t i = 0; i < snap->n_rings && !err && *search.n_missing; i++)
		err = read_ring(&search, &snap->rings[i]);
	*ret_all = snap->rings_known;
	return err;
}
