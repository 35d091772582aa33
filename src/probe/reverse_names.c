/* SPDX-License-Identifier: MIT */
/*
 * getnameinfo() in a thread for each address: it blocks for many seconds where a DNS server is
 * silent. The threads' table outlives its owner until the last of them has ended.
 */
#include "probe/reverse_names.h"
#include "probe/asking.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { MAX_NAMES = 96, NAME_SIZE = 256 };

struct entry {
	struct reverse_names *names;
	struct addr addr;
	bool done;
	char name[NAME_SIZE];
};

struct reverse_names {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned users; /* threads, and the owner */
	unsigned n, n_done;
	struct entry entries[MAX_NAMES];
};

struct reverse_names *reverse_names_new(void)
{
	struct reverse_names *names = calloc(1, sizeof(*names));
	pthread_condattr_t attr;

	if (!names)
		return NULL;
	names->users = 1;
	pthread_mutex_init(&names->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&names->changed, &attr);
	pthread_condattr_destroy(&attr);
	return names;
}

/* Called with the lock, which it lets go. */
static void leave(struct reverse_names *names)
{
	const bool last = --names->users == 0;

	pthread_mutex_unlock(&names->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&names->lock);
	pthread_cond_destroy(&names->changed);
	free(names);
}

void reverse_names_free(struct reverse_names *names)
{
	if (!names)
		return;
	pthread_mutex_lock(&names->lock);
	leave(names);
}

static void *look_up(void *data)
{
	struct entry *entry = data;
	struct reverse_names *names = entry->names;
	struct sockaddr_storage ss;
	char name[NAME_SIZE];
	unsigned len = sockaddr_make(&entry->addr, 0, &ss);
	int error = getnameinfo((struct sockaddr *)&ss, len, name, sizeof(name), NULL, 0,
				NI_NAMEREQD);

	pthread_mutex_lock(&names->lock);
	if (!error)
		memcpy(entry->name, name, sizeof(name));
	entry->done = true;
	names->n_done++;
	pthread_cond_signal(&names->changed);
	leave(names);
	return NULL;
}

static struct entry *find_entry(struct reverse_names *names, const struct addr *addr)
{
	for (unsigned i = 0; i < names->n; i++)
		if (addr_equal(&names->entries[i].addr, addr))
			return &names->entries[i];
	return NULL;
}

void reverse_names_ask(struct reverse_names *names, const struct addr *addr)
{
	pthread_t thread;
	sigset_t all, old;

	if (!names || !addr->family || names->n == MAX_NAMES || find_entry(names, addr))
		return;
	pthread_mutex_lock(&names->lock);
	struct entry *entry = &names->entries[names->n++];
	entry->names = names;
	entry->addr = *addr;
	names->users++;
	pthread_mutex_unlock(&names->lock);
	sigfillset(&all); /* signals are for the main thread */
	pthread_sigmask(SIG_BLOCK, &all, &old);
	int error = pthread_create(&thread, NULL, look_up, entry);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!error) {
		pthread_detach(thread);
		return;
	}
	pthread_mutex_lock(&names->lock);
	names->users--;
	names->n_done++;
	pthread_mutex_unlock(&names->lock);
}

void reverse_names_wait(struct reverse_names *names, unsigned limit_ms)
{
	struct timespec until;

	if (!names)
		return;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(limit_ms % 1000) * 1000000;
	until.tv_sec += limit_ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&names->lock);
	while (names->n_done < names->n &&
	       !pthread_cond_timedwait(&names->changed, &names->lock, &until))
		continue;
	pthread_mutex_unlock(&names->lock);
}

const char *reverse_names_find(struct reverse_names *names, const struct addr *addr)
{
	const char *name = NULL;

	if (!names)
		return NULL;
	pthread_mutex_lock(&names->lock);
	const struct entry *entry = find_entry(names, addr);
	if (entry && entry->done && *entry->name)
		name = entry->name;
	pthread_mutex_unlock(&names->lock);
	return name;
}
