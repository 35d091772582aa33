/* SPDX-License-Identifier: MIT */
/* Small reads below /proc/PID. */
#include "sources/proc_dir.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "core/snapshot.h"
#include "sources/proc_stat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int proc_dir_open(uint32_t pid)
{
	char path[sizeof("/proc/") + U64_TEXT_SIZE] = "/proc/";

	path[6 + format_u64(path + 6, pid)] = '\0';
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

long proc_dir_read(int dir, const char *name, char *to, size_t room)
{
	AUTO(closep) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;

	if (fd < 0)
		return -errno;
	while (len < room - 1) {
		ssize_t n = read(fd, to + len, room - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += (size_t)n;
	}
	to[len] = '\0';
	return (long)len;
}

uint64_t proc_dir_link_number(int dir, const char *name)
{
	char text[64];
	uint64_t number = 0;
	ssize_t len = readlinkat(dir, name, text, sizeof(text));
	const char *open = len > 0 ? memchr(text, '[', (size_t)len) : NULL;

	if (!open || text[len - 1] != ']')
		return 0;
	return parse_u64_n(open + 1, (size_t)(text + len - 1 - open - 1), UINT64_MAX, &number)
		       ? number
		       : 0;
}

static uint64_t ticks_to_ns(uint64_t ticks)
{
	const uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);

	return ticks / hertz * 1000000000u + ticks % hertz * 1000000000u / hertz;
}

int proc_dir_fill(struct snapshot *snap, int dir, const char *prefix, struct proc *proc)
{
	char name[16], text[4096];
	struct proc_stat stat;
	struct proc_status status;

	snprintf(name, sizeof(name), "%sstat", prefix);
	long len = proc_dir_read(dir, name, text, sizeof(text));
	if (len < 0 || !proc_stat_parse(text, (size_t)len, &stat))
		return -ESRCH;
	proc->pid = stat.pid;
	proc->parent = stat.parent;
	proc->state = stat.state;
	proc->start_ticks = stat.start_ticks;
	proc->started_ns = snap->boot_ns + ticks_to_ns(stat.start_ticks);
	const char *comm = arena_dup(&snap->arena, stat.comm, stat.comm_len);
	if (comm)
		proc->comm = comm;
	snprintf(name, sizeof(name), "%sstatus", prefix);
	len = proc_dir_read(dir, name, text, sizeof(text));
	if (len < 0)
		return -ESRCH;
	proc_status_parse(text, (size_t)len, &status);
	proc->uid = status.uid;
	proc->pid_inner = status.pid_inner;
	return 0;
}

bool proc_read_stat(uint32_t pid, char text[PROC_STAT_ROOM], struct proc_stat *ret)
{
	AUTO(closep) int dir = proc_dir_open(pid);
	const long len = dir < 0 ? dir : proc_dir_read(dir, "stat", text, PROC_STAT_ROOM);

	return len > 0 && proc_stat_parse(text, (size_t)len, ret);
}

unsigned proc_foreach_call(uint32_t pid, void (*visit)(long number, void *data), void *data)
{
	char path[288], text[128], *end;
	unsigned n = 0;

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	DIR *dir = opendir(path);
	if (!dir)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir));) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "%s/syscall", entry->d_name);
		if (proc_dir_read(dirfd(dir), path, text, sizeof(text)) <= 0)
			continue;
		const long number = strtol(text, &end, 10); /* else "running" */
		visit(end == text ? PROC_CALL_RUNNING : number, data);
		n++;
	}
	closedir(dir);
	return n;
}

bool proc_in_first_pid_namespace(void)
{
	enum { INIT_PID_NAMESPACE = 0xEFFFFFFC }; /* PROC_PID_INIT_INO, include/linux/proc_ns.h */

	return proc_dir_link_number(AT_FDCWD, "/proc/self/ns/pid") == INIT_PID_NAMESPACE;
}
