/* SPDX-License-Identifier: MIT */
/* One directory, its entries that are numbers. */
#include "sources/proc_pids.h"
#include "base/array.h"
#include "base/numbers.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

static int pid_list_add(struct pid_list *list, uint32_t pid)
{
	if (!array_grow(&list->pids, list->n, &list->room, sizeof(*list->pids)))
		return -ENOMEM;
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
