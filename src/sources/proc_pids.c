/* SPDX-License-Identifier: MIT */
/* One directory, its entries that are numbers. */
#include "sources/proc_pids.h"
#include "base/numbers.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

static int pid_list_add(struct pid_list *list, uint32_t pid)
{
	if (list->n == list->room) {
		size_t room = list->room ? list->room * 2 : 256;
		uint32_t *pids = reallocarray(list->pids, room, sizeof(*pids));
		if (!pids)
			return -ENOMEM;
		list->pids = pids;
		list->room = room;
	}
	list->pids[list->n++] = pid;
	return 0;
}

int pid_list_read(struct pid_list *list, const char *path)
{
	DIR *dir = opendir(path);
	int err = 0;

	if (!dir)
		return -errno;
	while (!err) {
		uint64_t pid = 0;
		errno = 0;
		const struct dirent *entry = readdir(dir);
		if (!entry) {
			err = -errno;
			break;
		}
		if (parse_u64(entry->d_name, UINT32_MAX, &pid))
			err = pid_list_add(list, (uint32_t)pid);
	}
	closedir(dir);
	return err;
}

void pid_list_release(struct pid_list *list)
{
	free(list->pids);
}
