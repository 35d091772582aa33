/* SPDX-License-Identifier: MIT */
/* perf_event_open(2): a ring for each processor that is only ever a bell. */
#include "sources/binds.h"
#include "base/auto.h"
#include "base/numbers.h"
#include "sources/proc_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGES = 2 }; /* one tells the positions, one is data */

struct bell {
	int fd;
	struct perf_event_mmap_page *page;
};

struct binds {
	int epoll;
	size_t n;
	struct bell bells[];
};

static int tracepoint_id(uint64_t *ret_id)
{
	static const char *const roots[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	char path[96], text[24];
	long len = -ENOENT;

	for (size_t i = 0; i < N_ELEMENTS(roots) && len <= 0; i++) {
		snprintf(path, sizeof(path), "%s/events/syscalls/sys_exit_bind/id", roots[i]);
		len = proc_dir_read(AT_FDCWD, path, text, sizeof(text));
	}
	if (len <= 0)
		return len ? (int)len : -ENOENT;
	return parse_u64_n(text, strcspn(text, "\n"), UINT32_MAX, ret_id) ? 0 : -EPROTO;
}

static size_t ring_size(void)
{
	return PAGES * (size_t)sysconf(_SC_PAGESIZE);
}

/* -ENODEV: no such processor, or it is off. */
static int open_bell(struct binds *binds, uint64_t id, int cpu)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr),
				       .config = id, .sample_period = 1, .wakeup_events = 1};
	struct bell *bell = &binds->bells[binds->n];

	bell->fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (bell->fd < 0)
		return -errno;
	binds->n++;
	/* Without it calls that failed wake us too: no harm. */
	ioctl(bell->fd, PERF_EVENT_IOC_SET_FILTER, "ret == 0");
	bell->page = mmap(NULL, ring_size(), PROT_READ | PROT_WRITE, MAP_SHARED, bell->fd, 0);
	struct epoll_event event = {.events = EPOLLIN};
	if (bell->page == MAP_FAILED) {
		bell->page = NULL;
		return -errno;
	}
	return epoll_ctl(binds->epoll, EPOLL_CTL_ADD, bell->fd, &event) ? -errno : 0;
}

int binds_open(struct binds **ret_binds)
{
	const long n_cpus = sysconf(_SC_NPROCESSORS_CONF);
	uint64_t id;
	int err = tracepoint_id(&id);

	if (err || n_cpus < 1)
		return err ? err : -ENOSYS;
	AUTO(binds_closep) struct binds *binds =
		calloc(1, sizeof(*binds) + (size_t)n_cpus * sizeof(binds->bells[0]));
	if (!binds)
		return -ENOMEM;
	binds->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (binds->epoll < 0)
		return -errno;
	for (int cpu = 0; cpu < n_cpus; cpu++) {
		err = open_bell(binds, id, cpu);
		if (err && err != -ENODEV)
			return err;
	}
	if (!binds->n)
		return -ENODEV;
	*ret_binds = take(binds);
	return 0;
}

void binds_close(struct binds *binds)
{
	if (!binds)
		return;
	for (size_t i = 0; i < binds->n; i++) {
		if (binds->bells[i].page)
			munmap(binds->bells[i].page, ring_size());
		close(binds->bells[i].fd);
	}
	if (binds->epoll >= 0)
		close(binds->epoll);
	free(binds);
}

int binds_fd(const struct binds *binds)
{
	return binds->epoll;
}

void binds_clear(struct binds *binds)
{
	for (size_t i = 0; i < binds->n; i++) {
		struct perf_event_mmap_page *page = binds->bells[i].page;
		const uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
		__atomic_store_n(&page->data_tail, head, __ATOMIC_RELEASE);
	}
}
