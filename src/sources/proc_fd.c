/* SPDX-License-Identifier: MIT */
/*
 * Who holds each socket, by the fd directories of all processes: linear in the number of open
 * files. All reads about a process go through one descriptor of its fd directory, so a pid that
 * is used again can never lend its name to another's sockets (see sources/proc_dir.h).
 */
#include "sources/proc_fd.h"
#include "base/array.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "core/snapshot.h"
#include "sources/bpf_choice.h"
#include "sources/proc_dir.h"
#include "sources/proc_pids.h"
#include "sources/proc_stat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/kcmp.h>)
#include <linux/kcmp.h>
#endif

/* More open files than this are read by two threads: starting one costs some 50 us. */
enum { FDS_FOR_A_THREAD = 8192, DIR_BYTES = 64 * 1024, ENTRY_MAX = 512 };

struct hit {
	uint32_t sock;
	int32_t fd;
};

/* What the threads share. */
struct scan {
	struct snapshot *snap;
	const struct pid_list *pids;
	atomic_size_t next; /* of the pids */
	atomic_uint seen, total;
	pthread_mutex_t lock; /* of .snap's arrays and arena, and .error */
	int error;
};

struct worker {
	struct scan *scan;
	char *dirents; /* DIR_BYTES */
	struct hit *hits; /* of one process */
	size_t n_hits, room_hits;
	uint32_t pid; /* of the process that is being read */
	size_t n_fds; /* of it */
	bool denied; /* some file of it could not be read */
};

static void worker_release(struct worker *worker)
{
	free(worker->dirents);
	free(worker->hits);
}

static bool hits_add(struct worker *worker, const struct sock *sock, int fd)
{
	if (!array_grow(&worker->hits, worker->n_hits, &worker->room_hits, sizeof(*worker->hits)))
		return false;
	worker->hits[worker->n_hits++] =
		(struct hit){(uint32_t)(sock - worker->scan->snap->socks), fd};
	return true;
}

/* "socket:[123]" -> 123; 0 for any other file. */
static uint32_t link_inode(const char *text, ssize_t len)
{
	static const char prefix[] = "socket:[";
	const ssize_t n = sizeof(prefix) - 1;
	uint64_t inode = 0;

	if (len <= n + 1 || memcmp(text, prefix, (size_t)n) != 0 || text[len - 1] != ']' ||
	    !parse_u64_n(text + n, (size_t)(len - n - 1), UINT32_MAX, &inode))
		return 0;
	return (uint32_t)inode;
}

static int ring_add(struct worker *worker, int fd)
{
	struct scan *scan = worker->scan;

	pthread_mutex_lock(&scan->lock);
	struct ring *ring = snapshot_add_ring(scan->snap);
	if (ring)
		*ring = (struct ring){.pid = worker->pid, .fd = fd};
	pthread_mutex_unlock(&scan->lock);
	return ring ? 0 : -ENOMEM;
}

static bool is_ring(const char *text, ssize_t len)
{
	static const char name[] = "anon_inode:[io_uring]";

	return len == sizeof(name) - 1 && !memcmp(text, name, sizeof(name) - 1);
}

/* One entry of an fd directory. 0 or -ENOMEM. */
static int fd_read(struct worker *worker, int dir, const char *name)
{
	/*
	 * readlink, not stat: stat follows the link to the file, and a file of a hung network
	 * file system would hang us. The text of a socket is short; what does not fit is none.
	 */
	char text[32];
	uint64_t fd = 0;

	if (!parse_u64(name, INT32_MAX, &fd))
		return 0; /* "." and ".." */
	worker->n_fds++;
	ssize_t len = readlinkat(dir, name, text, sizeof(text));
	if (len < 0) {
		if (errno == EACCES || errno == EPERM)
			worker->denied = true;
		return 0; /* else closed meanwhile */
	}
	if (is_ring(text, len))
		return ring_add(worker, (int)fd);
	uint32_t inode = link_inode(text, len);
	const struct snapshot *snap = worker->scan->snap;
	/* MPTCP's subflows share the inode of their connection's socket. */
	for (const struct sock *sock = inode ? snapshot_sock_by_inode(snap, inode) : NULL; sock;
	     sock = snapshot_sock_same_inode(snap, sock))
		if (!hits_add(worker, sock, (int)fd))
			return -ENOMEM;
	return 0;
}

/* All entries of the fd directory @dir. 0, -ENOMEM, or -errno when it could not be listed. */
static int fds_read(struct worker *worker, int dir)
{
	for (;;) {
		long len = syscall(SYS_getdents64, dir, worker->dirents, DIR_BYTES);
		if (len <= 0)
			return len < 0 ? -errno : 0;
		const struct dirent64 *entry;
		for (long at = 0; at < len; at += entry->d_reclen) {
			entry = (const void *)(worker->dirents + at);
			int err = fd_read(worker, dir, entry->d_name);
			if (err)
				return err;
			if (worker->denied)
				return -EACCES;
		}
		if (len < DIR_BYTES - ENTRY_MAX)
			return 0; /* another entry would have fitted */
	}
}

/* The process behind the fd directory @dir holds what was hit. 0 or -ENOMEM. */
static int holder_add(struct worker *worker, int dir, const char *prefix)
{
	struct snapshot *snap = worker->scan->snap;
	struct proc *proc = snapshot_add_proc(snap);

	if (!proc)
		return -ENOMEM;
	if (proc_dir_fill(snap, dir, prefix, proc)) {
		snap->n_procs--; /* gone: it holds nothing any more */
		return 0;
	}
	proc->n_fds = (uint32_t)worker->n_fds;
	const size_t nth = snap->n_procs - 1;
	for (size_t i = 0; i < worker->n_hits; i++) {
		const struct hit *hit = &worker->hits[i];
		if (snapshot_add_owner(snap, hit->sock, nth, hit->fd))
			return -ENOMEM;
	}
	return 0;
}

/* A kernel thread's fd directory may be refused to us, but there is nothing in it. */
static bool is_kernel_thread(uint32_t pid)
{
	AUTO(closep) int dir = proc_dir_open(pid);
	char text[1024];
	struct proc_stat stat;
	long len = dir < 0 ? dir : proc_dir_read(dir, "stat", text, sizeof(text));

	return len > 0 && proc_stat_parse(text, (size_t)len, &stat) && stat.is_kernel;
}

static int process_read(struct worker *worker, uint32_t pid)
{
	struct scan *scan = worker->scan;
	char path[sizeof("/proc//fd") + U64_TEXT_SIZE] = "/proc/";
	int err = 0;

	memcpy(path + 6 + format_u64(path + 6, pid), "/fd", sizeof("/fd"));
	AUTO(closep) int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	worker->n_hits = worker->n_fds = 0;
	worker->denied = false;
	worker->pid = pid;
	if (dir < 0)
		err = -errno;
	else
		err = fds_read(worker, dir);
	if (err == -ENOENT || err == -ESRCH)
		return 0; /* it is gone */
	if (!err && !worker->n_fds)
		return 0; /* a kernel thread or a zombie: there was nothing to see */
	if (err == -EACCES && dir < 0 && is_kernel_thread(pid))
		return 0;
	atomic_fetch_add(&scan->total, 1);
	if (!err)
		atomic_fetch_add(&scan->seen, 1);
	if (!worker->n_hits)
		return err == -ENOMEM ? err : 0;
	pthread_mutex_lock(&scan->lock);
	err = holder_add(worker, dir, "../");
	pthread_mutex_unlock(&scan->lock);
	return err;
}

static void *second_thread(void *arg)
{
	struct scan *scan = arg;
	AUTO(worker_release) struct worker worker = {.scan = scan, .dirents = malloc(DIR_BYTES)};
	int err = worker.dirents ? 0 : -ENOMEM;
	size_t nth = 0;

	while (!err && (nth = atomic_fetch_add(&scan->next, 1)) < scan->pids->n)
		err = process_read(&worker, scan->pids->pids[nth]);
	if (err) {
		pthread_mutex_lock(&scan->lock);
		scan->error = err;
		pthread_mutex_unlock(&scan->lock);
	}
	return NULL;
}

/* All processes, by a second thread too once it is clear that there is much to read. */
static int processes_read(struct scan *scan)
{
	AUTO(worker_release) struct worker worker = {.scan = scan, .dirents = malloc(DIR_BYTES)};
	size_t nth = 0, n_fds = 0;
	bool started = sysconf(_SC_NPROCESSORS_ONLN) < 2, joined = true;
	pthread_t thread;
	int err = worker.dirents ? 0 : -ENOMEM;

	while (!err && (nth = atomic_fetch_add(&scan->next, 1)) < scan->pids->n) {
		err = process_read(&worker, scan->pids->pids[nth]);
		n_fds += worker.n_fds;
		if (!started && n_fds > FDS_FOR_A_THREAD) {
			started = true;
			joined = pthread_create(&thread, NULL, second_thread, scan) != 0;
		}
	}
	if (!joined)
		pthread_join(thread, NULL);
	return err ? err : scan->error;
}

/* Do all of @snap's sockets that have a file have a holder? */
static bool all_held(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_socks; i++)
		if (snap->socks[i].inode && !snap->socks[i].n_owners)
			return false;
	return true;
}

static bool has_files(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_socks; i++)
		if (snap->socks[i].inode)
			return true;
	return false;
}

/* Thread @tid of @pid has files of its own (clone without CLONE_FILES, or its leader exited). */
static bool thread_has_own_files(uint32_t pid, uint32_t tid)
{
#ifdef SYS_kcmp
	return pid != tid && syscall(SYS_kcmp, pid, tid, KCMP_FILES, 0, 0) > 0;
#else
	return false;
#endif
}

/*
 * A socket nobody seems to hold may be held by a thread with its own file table, which the fd
 * directory of its process does not show.
 */
static int threads_read(struct worker *worker, uint32_t pid)
{
	char path[sizeof("/proc//task//fd") + 2 * U64_TEXT_SIZE];
	AUTO(pid_list_release) struct pid_list tids = {0};
	struct stat st;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	if (stat(path, &st) || st.st_nlink <= 3 || pid_list_read(&tids, path))
		return 0; /* one thread has two links more: "." and ".." */
	for (size_t i = 0; !err && i < tids.n; i++) {
		if (!thread_has_own_files(pid, tids.pids[i]))
			continue;
		snprintf(path, sizeof(path), "/proc/%u/task/%u/fd", pid, tids.pids[i]);
		AUTO(closep) int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		worker->n_hits = worker->n_fds = 0;
		worker->denied = false;
		worker->pid = tids.pids[i];
		if (dir < 0 || fds_read(worker, dir) == -ENOMEM || !worker->n_hits)
			continue;
		/* ../../../ is the thread group's directory: its stat tells the leader's start. */
		err = holder_add(worker, dir, "../../../");
	}
	return err;
}

static int all_threads_read(struct scan *scan)
{
	AUTO(worker_release) struct worker worker = {.scan = scan, .dirents = malloc(DIR_BYTES)};
	int err = worker.dirents ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < scan->pids->n; i++)
		err = threads_read(&worker, scan->pids->pids[i]);
	return err;
}

/* What was seen, and the right that would show the rest. */
static int coverage_add(struct snapshot *snap, uint32_t seen, uint32_t total)
{
	struct coverage *coverage = snapshot_add_coverage(snap);
	const uint32_t unseen = total - seen;
	/* hidepid=2 hides other users' processes altogether; pid 1 always exists. */
	const bool hidden = access("/proc/1", F_OK) != 0;
	/* What is unheld here may be held by a process whose /proc is another. */
	const bool outside = !unseen && !hidden && !all_held(snap) && !proc_in_first_pid_namespace();

	if (!coverage)
		return -ENOMEM;
	coverage->source = "owners";
	coverage->how = "/proc/PID/fd";
	coverage->seen = seen;
	coverage->total = total;
	coverage->level = !seen ? COVERAGE_NONE : unseen || hidden || outside ? COVERAGE_PARTIAL
								    : COVERAGE_FULL;
	if (outside) {
		coverage->what = PROC_OUTSIDE;
		coverage->needs = PROC_OUTSIDE_NEEDS;
	}
	if (!unseen && !hidden)
		return 0;
	coverage->error = EACCES;
	coverage->what = hidden ? "owners in processes that /proc hides (hidepid)"
				: arena_printf(&snap->arena, "owners of sockets in %u of %u processes",
					       unseen, total);
	if (geteuid())
		coverage->needs = "root, or CAP_BPF and CAP_PERFMON, or CAP_SYS_PTRACE and "
				  "CAP_DAC_READ_SEARCH";
	else if (bpf_is_allowed())
		coverage->needs = "--source=bpf; they have more rights than this root";
	else
		coverage->needs = "root outside of containers, or CAP_BPF and CAP_PERFMON there";
	return 0;
}

int proc_fd_collect(struct snapshot *snap)
{
	AUTO(pid_list_release) struct pid_list pids = {0}, kernel = {0};
	struct scan scan = {.snap = snap, .pids = &pids, .lock = PTHREAD_MUTEX_INITIALIZER};
	if (!has_files(snap))
		return 0; /* nothing that could be held */
	int err = pid_list_read(&pids, "/proc");
	if (!err)
		err = pid_list_split(&pids, &kernel);
	if (!err)
		err = processes_read(&scan);
	if (!err && !all_held(snap)) {
		err = all_threads_read(&scan);
		pid_list_keep_programs(&kernel);
		scan.pids = &kernel;
		atomic_store(&scan.next, 0);
		if (!err && kernel.n)
			err = processes_read(&scan);
	}
	snap->rings_known = !err;
	if (err && err != -ENOMEM)
		return coverage_add(snap, 0, 0);
	return err ? err : coverage_add(snap, scan.seen, scan.total);
}
