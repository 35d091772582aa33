/* SPDX-License-Identifier: MIT */
/* For questions about one process; sources/proc_dir.h is for walks over all, where pids come again. */
#include "base/procfs.h"
#include "base/arena.h"
#include "base/auto.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 64 };

static void put_path(char path[PATH_ROOM], uint32_t pid, const char *name)
{
	if (pid)
		snprintf(path, PATH_ROOM, "/proc/%u/%s", pid, name);
	else
		snprintf(path, PATH_ROOM, "/proc/self/%s", name);
}

FILE *procfs_open(uint32_t pid, const char *name)
{
	char path[PATH_ROOM];

	put_path(path, pid, name);
	return fopen(path, "re");
}

const char *procfs_cgroup(struct arena *arena, uint32_t pid)
{
	AUTO(fclosep) FILE *file = procfs_open(pid, "cgroup");
	char line[1024];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "0::", 3))
			return arena_dup(arena, line + 3, strcspn(line + 3, "\n"));
	return NULL;
}

void procfs_count_fds(uint32_t pid, uint32_t *ret_n, uint32_t *ret_max)
{
	AUTO(fclosep) FILE *limits = procfs_open(pid, "limits");
	char path[PATH_ROOM], line[256];

	while (limits && fgets(line, sizeof(line), limits))
		if (!strncmp(line, "Max open files", 14))
			*ret_max = (uint32_t)strtoul(line + 14, NULL, 10);
	put_path(path, pid, "fd");
	DIR *dir = opendir(path);
	if (!dir)
		return;
	*ret_n = 0;
	for (struct dirent *entry; (entry = readdir(dir));)
		*ret_n += *entry->d_name != '.';
	closedir(dir);
}
