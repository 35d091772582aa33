/* SPDX-License-Identifier: MIT */
/* /proc/PID/fdinfo names the device ("iff:"), TUNGETDEVNETNS the namespace it lives in. */
#include "sources/tunnels.h"
#include "base/auto.h"
#include "core/case.h"
#include "sources/proc_dir.h"
#include "sources/proc_stat.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MANY = 256 };

struct tunnels {
	struct tunnel_end all[MANY];
	unsigned n;
};

/* The namespace of a device, asked through a borrowed copy of the holder's descriptor; 0: no. */
static uint64_t netns_of(uint32_t pid, int number)
{
	AUTO(closep) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	AUTO(closep) int fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	AUTO(closep) int netns = fd < 0 ? -1 : ioctl(fd, TUNGETDEVNETNS);
	struct stat st;

	return netns >= 0 && !fstat(netns, &st) ? st.st_ino : 0;
}

static void look_at(struct tunnels *t, uint32_t pid, int number)
{
	char path[64], line[128];

	snprintf(path, sizeof(path), "/proc/%u/fdinfo/%d", pid, number);
	AUTO(fclosep) FILE *info = fopen(path, "re");
	while (info && t->n < MANY && fgets(line, sizeof(line), info)) {
		struct tunnel_end *end = &t->all[t->n];
		if (sscanf(line, "iff:\t%15s", end->name) != 1)
			continue;
		end->pid = pid;
		end->netns = netns_of(pid, number);
		t->n++;
	}
}

static void look_at_process(struct tunnels *t, uint32_t pid)
{
	char path[64], target[64];

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	DIR *dir = opendir(path);
	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (len != (ssize_t)strlen("/dev/net/tun") || memcmp(target, "/dev/net/tun", (size_t)len))
			continue;
		look_at(t, pid, atoi(entry->d_name));
	}
	closedir(dir);
}

static void find_all(struct tunnels *t)
{
	DIR *dir = opendir("/proc");

	t->n = 0;
	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));) {
		char *end;
		unsigned long pid = strtoul(entry->d_name, &end, 10);
		if (!*end && pid)
			look_at_process(t, (uint32_t)pid);
	}
	closedir(dir);
}

/* The process that has it open, or 0. */
static uint32_t tunnel_holder(uint64_t netns, const char *name)
{
	struct tunnels t;

	find_all(&t);
	for (unsigned i = 0; i < t.n; i++)
		if (t.all[i].netns == netns && !strcmp(t.all[i].name, name))
			return t.all[i].pid;
	return 0;
}

unsigned tunnel_other_ends(uint64_t netns, const char *name, struct tunnel_end *ret, unsigned room)
{
	struct tunnels t;
	unsigned n = 0;

	find_all(&t);
	for (unsigned i = 0; i < t.n; i++) {
		const struct tunnel_end *ours = &t.all[i];
		if (ours->netns != netns || strcmp(ours->name, name))
			continue;
		for (unsigned k = 0; k < t.n && n < room; k++)
			if (k != i && t.all[k].pid == ours->pid)
				ret[n++] = t.all[k];
	}
	return n;
}

/* Does a thread of the process sit in a call that would notice a packet? Running counts as yes. */
static void note_call(long number, void *data)
{
	static const long calls[] = {
#ifdef SYS_poll
		SYS_poll,
#endif
#ifdef SYS_select
		SYS_select,
#endif
#ifdef SYS_epoll_wait
		SYS_epoll_wait,
#endif
		SYS_read, SYS_readv, SYS_ppoll, SYS_pselect6, SYS_epoll_pwait, SYS_io_uring_enter,
		SYS_futex};
	bool *waits = data;

	*waits |= number == PROC_CALL_RUNNING;
	for (size_t i = 0; i < N_ELEMENTS(calls); i++)
		*waits |= calls[i] == number;
}

static void describe(struct arena *arena, struct link_facts *link)
{
	struct proc_stat stat;
	char text[PROC_STAT_ROOM];
	bool waits = false;

	if (!proc_read_stat(link->tun_pid, text, &stat))
		return;
	link->tun_comm = arena_dup(arena, stat.comm, stat.comm_len);
	link->tun_state = stat.state;
	link->tun_reads = !proc_foreach_call(link->tun_pid, note_call, &waits) || waits;
}

void tunnels_collect(struct arena *arena, struct place *place)
{
	for (size_t i = 0; i < place->n_links; i++) {
		struct link_facts *link = &place->links[i];
		if (strcmp(link->kind, "tun"))
			continue;
		link->tun_pid = tunnel_holder(place->netns, link->name);
		if (link->tun_pid)
			describe(arena, link);
	}
}
