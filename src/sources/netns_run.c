/* SPDX-License-Identifier: MIT */
/* Visits to other network namespaces: tours in place, others by a thread of their own. */
#include "base/auto.h"
#include "core/snapshot.h"
#include "sources/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Sources keep large buffers on the heap: no thread of ours needs the usual 8 MiB. */
enum { STACK = 512 << 10 };

/* include/uapi/linux/fcntl.h and nsfs.h of 6.18 */
enum { NSFS_ROOT = -10003, NSFS_HANDLE = 0xf1 };

struct nsfs_handle {
	struct file_handle head;
	struct {
		uint64_t id;
		uint32_t type, inode;
	} body;
};

int netns_of_socket(uint32_t pid, int number)
{
	AUTO(closep) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	AUTO(closep) int fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	const int netns = fd < 0 ? -1 : ioctl(fd, SIOCGSKNS);

	return netns < 0 ? -errno : netns;
}

uint64_t netns_unmounted(uint32_t pid, int number)
{
	struct stat st, own;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/fd/%d", pid, number);
	if (stat(path, &st) < 0 || stat("/proc/self/ns/net", &own) < 0 || st.st_dev != own.st_dev)
		return 0;
	AUTO(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET ? st.st_ino : 0;
}

static int open_by_socket(const char *path)
{
	unsigned pid;
	int fd;

	return sscanf(path, "/proc/%u/fd/%d", &pid, &fd) == 2 ? netns_of_socket(pid, fd) : -ENOENT;
}

static int open_by_id(const struct namespace *netns)
{
	struct nsfs_handle handle = {
		.head = {.handle_bytes = sizeof(handle.body), .handle_type = NSFS_HANDLE},
		.body = {netns->id, CLONE_NEWNET, (uint32_t)netns->inode},
	};
	const int fd = open_by_handle_at(NSFS_ROOT, &handle.head, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? errno == ESTALE ? -ENOENT : -errno : fd;
}

/* The process may have ended and its pid may be another's by now. */
int netns_open(const struct namespace *netns)
{
	AUTO(closep) int fd = -ENOENT;
	struct stat st;

	if (netns->path && netns->by_socket)
		fd = open_by_socket(netns->path);
	else if (netns->path && (fd = open(netns->path, O_RDONLY | O_CLOEXEC)) < 0)
		fd = -errno;
	if (fd >= 0 && (fstat(fd, &st) < 0 || st.st_ino != netns->inode)) {
		close(fd);
		fd = -ENOENT;
	}
	if (fd < 0 && netns->id)
		fd = open_by_id(netns);
	return fd < 0 ? fd : take_fd(&fd);
}

/* Move the calling thread. */
static int enter(const struct namespace *netns)
{
	AUTO(closep) int fd = netns_open(netns);

	if (fd < 0)
		return fd;
	return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

struct errand {
	int (*run)(void *data);
	void *data;
	int result;
};

static void *do_errand(void *arg)
{
	struct errand *errand = arg;

	errand->result = errand->run(errand->data);
	return NULL;
}

int netns_apart(int (*run)(void *data), void *data)
{
	struct errand errand = {.run = run, .data = data};
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	int err = -pthread_create(&thread, &attr, do_errand, &errand);
	pthread_attr_destroy(&attr);
	if (err)
		return err;
	pthread_join(thread, NULL);
	return errand.result;
}

struct visit {
	const struct namespace *netns;
	int (*run)(void *data);
	void *data;
};

static int visit_one(void *data)
{
	const struct visit *visit = data;
	const int err = enter(visit->netns);

	return err ? err : visit->run(visit->data);
}

int netns_run(const struct namespace *netns, int (*run)(void *data), void *data)
{
	struct visit visit = {.netns = netns, .run = run, .data = data};

	if (netns->is_self)
		return run(data);
	return netns_apart(visit_one, &visit);
}

struct tour {
	struct snapshot *snap;
	int (*run)(size_t index, int err, void *data);
	void *data;
};

static int visit_others(void *data)
{
	const struct tour *tour = data;
	struct snapshot *snap = tour->snap;
	int result = 0;

	for (size_t i = 0; i < snap->n_namespaces && result >= 0; i++) {
		struct namespace *netns = &snap->namespaces[i];
		if (!netns->wanted || netns->is_self)
			continue;
		int err = enter(netns);
		if (err == -ENOENT && !netns_find_again(snap, netns))
			err = enter(netns);
		if (err != -ENOENT)
			result = tour->run(i, err, tour->data);
	}
	return result;
}

/*
 * Away and back in place: a thread costs more than the visit on a small machine. The way back is
 * tried before the way out; where there is none a thread goes.
 */
static int go_round(struct tour *tour)
{
	AUTO(closep) int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	if (home < 0 || setns(home, CLONE_NEWNET) < 0)
		return netns_apart(visit_others, tour);
	const int result = visit_others(tour);
	return setns(home, CLONE_NEWNET) < 0 ? -errno : result;
}

static bool wants_others(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_namespaces; i++)
		if (snap->namespaces[i].wanted && !snap->namespaces[i].is_self)
			return true;
	return false;
}

int netns_run_wanted(struct snapshot *snap, int (*run)(size_t index, int err, void *data),
		     void *data)
{
	struct tour tour = {.snap = snap, .run = run, .data = data};

	int result = 0;

	for (size_t i = 0; i < snap->n_namespaces && result >= 0; i++)
		if (snap->namespaces[i].wanted && snap->namespaces[i].is_self)
			result = run(i, 0, data);
	if (result >= 0 && wants_others(snap))
		result = go_round(&tour);
	return result < 0 ? result : 0;
}
