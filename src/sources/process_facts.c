/* SPDX-License-Identifier: MIT */
/* Why a process may not serve: stopped, frozen, out of descriptors, in another call. */
#include "sources/place_sockets.h"
#include "base/arena.h"
#include "base/auto.h"
#include "base/procfs.h"
#include "core/place.h"
#include "sources/proc_dir.h"
#include "sources/proc_stat.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

struct call_name {
	long number;
	const char *name;
	bool waits; /* for connections or data */
};

static const struct call_name calls[] = {
	{__NR_accept, "accept", true},	     {__NR_accept4, "accept4", true},
	{__NR_ppoll, "ppoll", true},	     {__NR_pselect6, "pselect6", true},
	{__NR_epoll_pwait, "epoll_pwait", true}, {__NR_recvfrom, "recvfrom", true},
	{__NR_recvmsg, "recvmsg", true},     {__NR_read, "read", true},
	{__NR_io_uring_enter, "io_uring_enter", true},
#ifdef __NR_poll
	{__NR_poll, "poll", true},	     {__NR_select, "select", true},
	{__NR_epoll_wait, "epoll_wait", true}, {__NR_pause, "pause", false},
#endif
	{__NR_nanosleep, "nanosleep", false}, {__NR_clock_nanosleep, "clock_nanosleep", false},
	{__NR_futex, "futex", false},	     {__NR_wait4, "wait4", false},
	{__NR_write, "write", false},	     {__NR_sendto, "sendto", false},
	{__NR_connect, "connect", false},    {__NR_waitid, "waitid", false},
	{__NR_rt_sigsuspend, "rt_sigsuspend", false},
	{__NR_rt_sigtimedwait, "rt_sigtimedwait", false},
};

static void note_call(long number, void *data)
{
	struct place_process *p = data;

	if (number == PROC_CALL_RUNNING) {
		p->syscall = p->syscall ? p->syscall : "running";
		return;
	}
	for (size_t i = 0; i < N_ELEMENTS(calls); i++)
		if (calls[i].number == number) {
			if (!p->syscall || calls[i].waits)
				p->syscall = calls[i].name;
			p->in_accept = p->in_accept || calls[i].waits;
		}
}

static void read_state(struct place_process *p)
{
	struct proc_stat stat;
	char text[PROC_STAT_ROOM];

	if (proc_read_stat(p->pid, text, &stat))
		p->state = stat.state;
}

/* The file @name of the cgroup: in the unified hierarchy, or below a v1 controller's mount. */
static FILE *open_cgroup(const char *mount, const char *path, const char *name)
{
	char full[2048];

	snprintf(full, sizeof(full), "%s%s/%s", mount, path, name);
	return fopen(full, "re");
}

static uint64_t read_number(FILE *file)
{
	char line[64];

	if (!file || !fgets(line, sizeof(line), file) || !strncmp(line, "max", 3))
		return 0;
	uint64_t number = strtoull(line, NULL, 10);
	return number >= (uint64_t)1 << 62 ? 0 : number; /* v1's way to say "no limit" */
}

static bool says_frozen(FILE *file)
{
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "frozen 1", 8) || !strncmp(line, "FROZEN", 6))
			return true;
	return false;
}

static void read_unified(struct place_process *p, const char *path)
{
	static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

	for (size_t i = 0; i < N_ELEMENTS(mounts); i++) {
		AUTO(fclosep) FILE *events = open_cgroup(mounts[i], path, "cgroup.events");
		AUTO(fclosep) FILE *max = open_cgroup(mounts[i], path, "memory.max");
		AUTO(fclosep) FILE *now = open_cgroup(mounts[i], path, "memory.current");
		p->frozen = p->frozen || says_frozen(events);
		if (max && !p->memory_limit) {
			p->memory_limit = read_number(max);
			p->memory_used = read_number(now);
		}
	}
}

static void read_cgroups(struct arena *arena, struct place_process *p)
{
	AUTO(fclosep) FILE *file = procfs_open(p->pid, "cgroup");
	char line[1024];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		controllers++;
		if (!*controllers) {
			read_unified(p, path);
			if (!p->cgroup)
				p->cgroup = arena_printf(arena, "%s", path);
		} else if (!strcmp(controllers, "freezer")) {
			AUTO(fclosep) FILE *state =
				open_cgroup("/sys/fs/cgroup/freezer", path, "freezer.state");
			p->frozen = p->frozen || says_frozen(state);
		} else if (!strcmp(controllers, "memory")) {
			AUTO(fclosep) FILE *max = open_cgroup("/sys/fs/cgroup/memory", path,
							      "memory.limit_in_bytes");
			AUTO(fclosep) FILE *now = open_cgroup("/sys/fs/cgroup/memory", path,
							      "memory.usage_in_bytes");
			p->memory_limit = read_number(max);
			p->memory_used = read_number(now);
		}
	}
}

void process_facts_read(struct arena *arena, struct place_process *p)
{
	read_state(p);
	procfs_count_fds(p->pid, &p->n_fds, &p->max_fds);
	proc_foreach_call(p->pid, note_call, p);
	read_cgroups(arena, p);
}
