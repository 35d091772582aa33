/* SPDX-License-Identifier: MIT */
/* One directory, its entries that are numbers; which of them are the kernel's. */
#include "sources/proc_pids.h"
#include "base/array.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "sources/proc_dir.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

static int compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* "3 4 5 ": the children of kthreadd, in the order they were made. */
static int read_kernel(struct pid_list *list)
{
	/* kthreadd has the pid 2 (init/main.c: rest_init()), where pids are those of the kernel. */
	AUTO(fclosep) FILE *file =
		proc_in_first_pid_namespace() ? fopen("/proc/2/task/2/children", "re") : NULL;
	unsigned pid;
	int err = 0;

	while (file && !err && fscanf(file, "%u", &pid) == 1)
		err = pid_list_add(list, pid);
	if (list->n)
		qsort(list->pids, list->n, sizeof(*list->pids), compare);
	return err;
}

int pid_list_split(struct pid_list *list, struct pid_list *ret_kernel)
{
	size_t kept = 0, n_both = 0, at = 0;
	int err = read_kernel(ret_kernel);

	if (err)
		return err;
	for (size_t i = 0; i < list->n; i++) {
		const uint32_t pid = list->pids[i];
		while (at < ret_kernel->n && ret_kernel->pids[at] < pid)
			at++;
		if (at < ret_kernel->n && ret_kernel->pids[at] == pid)
			ret_kernel->pids[n_both++] = pid;
		else
			list->pids[kept++] = pid;
	}
	list->n = kept;
	ret_kernel->n = n_both;
	return 0;
}

void pid_list_keep_programs(struct pid_list *kernel)
{
	char path[sizeof("/proc//exe") + U64_TEXT_SIZE], link[2];
	size_t kept = 0;

	for (size_t i = 0; i < kernel->n; i++) {
		snprintf(path, sizeof(path), "/proc/%u/exe", kernel->pids[i]);
		if (readlink(path, link, sizeof(link)) > 0 || errno != ENOENT)
			kernel->pids[kept++] = kernel->pids[i];
	}
	kernel->n = kept;
}

void pid_list_release(struct pid_list *list)
{
	free(list->pids);
}
