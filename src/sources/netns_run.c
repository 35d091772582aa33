/* SPDX-License-Identifier: MIT */
/* Visits to other network namespaces, on a thread of their own that ends with the visits. */
#include "base/auto.h"
#include "core/snapshot.h"
#include "sources/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>

/* Sources keep large buffers on the heap: no thread of ours needs the usual 8 MiB. */
enum { STACK = 512 << 10 };

/* Move the calling thread. The process may have ended and its pid may be another's by now. */
static int enter(const struct namespace *netns)
{
	struct stat st;

	if (!netns->path)
		return -ENOENT;
	AUTO(closep) int fd = open(netns->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || st.st_ino != netns->inode)
		return -ENOENT;
	return setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

static int run_thread(void *(*body)(void *), void *data)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	int err = -pthread_create(&thread, &attr, body, data);
	pthread_attr_destroy(&attr);
	if (!err)
		pthread_join(thread, NULL);
	return err;
}

struct visit {
	const struct namespace *netns;
	int (*run)(void *data);
	void *data;
	int result;
};

static void *visit_one(void *arg)
{
	struct visit *visit = arg;

	visit->result = enter(visit->netns);
	if (!visit->result)
		visit->result = visit->run(visit->data);
	return NULL;
}

int netns_run(const struct namespace *netns, int (*run)(void *data), void *data)
{
	struct visit visit = {.netns = netns, .run = run, .data = data};

	if (netns->is_self)
		return run(data);
	int err = run_thread(visit_one, &visit);
	return err ? err : visit.result;
}

struct tour {
	struct snapshot *snap;
	int (*run)(size_t index, int err, void *data);
	void *data;
	int result;
};

static void *visit_others(void *arg)
{
	struct tour *tour = arg;
	struct snapshot *snap = tour->snap;

	for (size_t i = 0; i < snap->n_namespaces && tour->result >= 0; i++) {
		struct namespace *netns = &snap->namespaces[i];
		if (!netns->wanted || netns->is_self)
			continue;
		int err = enter(netns);
		if (err == -ENOENT && !netns_find_again(snap, netns))
			err = enter(netns);
		if (err != -ENOENT)
			tour->result = tour->run(i, err, tour->data);
	}
	return NULL;
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

	for (size_t i = 0; i < snap->n_namespaces && tour.result >= 0; i++)
		if (snap->namespaces[i].wanted && snap->namespaces[i].is_self)
			tour.result = run(i, 0, data);
	if (tour.result < 0 || !wants_others(snap))
		return tour.result < 0 ? tour.result : 0;
	int err = run_thread(visit_others, &tour);
	return err ? err : tour.result < 0 ? tour.result : 0;
}
