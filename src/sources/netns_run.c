/* SPDX-License-Identifier: MIT */
/* A visit to another network namespace, on a thread of its own that ends with the visit. */
#include "base/auto.h"
#include "core/host.h"
#include "sources/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>

struct job {
	int fd;
	int (*run)(void *data);
	void *data;
	int result;
};

static void *enter(void *arg)
{
	struct job *job = arg;

	job->result = setns(job->fd, CLONE_NEWNET) < 0 ? -errno : job->run(job->data);
	return NULL;
}

int netns_run(const struct namespace *netns, int (*run)(void *data), void *data)
{
	struct stat st;

	if (netns->is_self)
		return run(data);
	if (!netns->path)
		return -ENOENT;
	AUTO(closep) int fd = open(netns->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* The process may have ended and its pid may be another's by now. */
	if (fstat(fd, &st) < 0 || st.st_ino != netns->inode)
		return -ENOENT;
	struct job job = {.fd = fd, .run = run, .data = data};
	pthread_t thread;
	int err = pthread_create(&thread, NULL, enter, &job);
	if (err)
		return -err;
	pthread_join(thread, NULL);
	return job.result;
}
