/* SPDX-License-Identifier: MIT */
/*
 * Asks sock_diag for inet sockets, narrowed in the kernel as far as the request allows. The kernel
 * spends ten times what we do on each socket, so a large dump runs on several CPUs.
 */
#include "sources/inet_diag.h"
#include "base/auto.h"
#include "core/sock_extra.h"
#include "sources/cgroup_ids.h"
#include "sources/dump.h"
#include "sources/inet_request.h"
#include "sources/netlink.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>

enum {
	LISTENING = 1 << SOCK_STATE_LISTEN,
	BOUND = 1 << SOCK_STATE_BOUND_INACTIVE,
	/* Fewer sockets are read sooner than two more threads are started. */
	WORTH_THREADS = 20000,
};

struct reading {
	struct dump *dump;
	struct netlink *diag;
	struct inet_question question;
	size_t first; /* sockets that were there before */
	bool extras;
	pthread_mutex_t *lock; /* NULL unless others add to the snapshot too */
	int error;
};

static int add_socket(const struct nlmsghdr *msg, void *data)
{
	const struct reading *reading = data;
	struct snapshot *snap = reading->dump->snap;
	struct sock *sock = snapshot_add_sock(snap);
	struct sock_extra *extra = NULL;
	uint64_t cgroup_id;

	if (sock && reading->extras)
		extra = snapshot_extra(snap, snap->n_socks - 1);
	if (!sock || (reading->extras && !extra))
		return -ENOMEM;
	if (extra) /* a dump that started anew had used it */
		*extra = (struct sock_extra){};
	int err = inet_diag_decode(msg, reading->question.proto, sock, extra, &cgroup_id);
	if (err) {
		snap->n_socks--;
		return err;
	}
	sock->netns = reading->dump->netns;
	if (reading->dump->cgroups && cgroup_id)
		sock->cgroup = cgroup_ids_text(reading->dump->cgroups, snap, cgroup_id);
	return 0;
}

static void forget(void *data)
{
	const struct reading *reading = data;

	reading->dump->snap->n_socks = reading->first;
}

static int read_sockets(struct reading *reading)
{
	char buffer[INET_REQUEST_SIZE] __attribute__((aligned(NLMSG_ALIGNTO))) = {};
	struct nlmsghdr *msg = inet_request_put(buffer, &reading->question);
	const struct netlink_reader reader = {
		.message = add_socket,
		.restart = reading->lock ? NULL : forget,
		.data = reading,
		.lock = reading->lock,
	};

	if (!reading->lock)
		reading->first = reading->dump->snap->n_socks;
	reading->error = netlink_dump(reading->diag, msg, &reader);
	return reading->error;
}

static void *read_on_thread(void *data)
{
	read_sockets(data);
	return NULL;
}

static bool has_spare_cpu(void)
{
	cpu_set_t cpus;

	return !sched_getaffinity(0, sizeof(cpus), &cpus) && CPU_COUNT(&cpus) > 1;
}

/* The pages of a large array are better faulted in by the dozen megabytes than one by one. */
static void expect_sockets(struct dump *dump)
{
	struct snapshot *snap = dump->snap;
	const uintptr_t huge = 2 << 20;

	snapshot_expect_socks(snap, dump->n_expected + dump->n_expected / 16 + 64);
	if (!snap->socks)
		return;
	const uintptr_t start = ((uintptr_t)snap->socks + huge - 1) & ~(huge - 1);
	const uintptr_t end = (uintptr_t)(snap->socks + snap->room_socks) & ~(huge - 1);
	if (end > start)
		madvise((void *)start, end - start, MADV_HUGEPAGE);
}

/* Connections in two halves beside the walk for bound sockets, which finds few but takes long. */
static int read_in_parallel(const struct reading *all)
{
	enum { N_JOBS = 3 };
	static const enum inet_half halves[N_JOBS] = {INET_FIRST_HALF, INET_SECOND_HALF, INET_WHOLE};
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct netlink sockets[N_JOBS] = {NETLINK_INIT, NETLINK_INIT, NETLINK_INIT};
	struct reading jobs[N_JOBS];
	pthread_t threads[N_JOBS];
	bool started[N_JOBS] = {};
	int err = 0;

	for (size_t i = 0; i < N_JOBS; i++) {
		const uint32_t states = halves[i] == INET_WHOLE ? BOUND : ~(BOUND | LISTENING);
		jobs[i] = *all;
		jobs[i].lock = &lock;
		jobs[i].diag = &sockets[i];
		jobs[i].question.half = halves[i];
		jobs[i].question.states &= states;
		if (!jobs[i].question.states || err)
			continue;
		/* Opened here: a thread's netlink socket is in the namespace of its opener. */
		err = netlink_open(&sockets[i], NETLINK_SOCK_DIAG);
		if (!err)
			err = -pthread_create(&threads[i], NULL, read_on_thread, &jobs[i]);
		started[i] = !err;
	}
	for (size_t i = 0; i < N_JOBS; i++) {
		if (started[i])
			pthread_join(threads[i], NULL);
		if (started[i] && !err)
			err = jobs[i].error;
		if (sockets[i].interrupted)
			all->dump->inexact = true;
		netlink_close(&sockets[i]);
	}
	return err;
}

/* Listeners first, as people expect them; then the many. */
static int read_tcp(struct reading *reading)
{
	const bool parallel = !reading->question.local_port && !reading->extras &&
			      reading->dump->n_expected >= WORTH_THREADS && has_spare_cpu();

	/* The table of connections is one for all namespaces, and large: spare an empty walk. */
	if (reading->dump->no_connections)
		reading->question.states &= BOUND;
	if (!parallel || !(reading->question.states & ~(LISTENING | BOUND)))
		return read_sockets(reading);
	expect_sockets(reading->dump);
	const uint32_t states = reading->question.states;
	reading->question.states = states & LISTENING;
	int err = reading->question.states ? read_sockets(reading) : 0;
	reading->question.states = states;
	return err ? err : read_in_parallel(reading);
}

static int read_family(struct reading *reading, uint8_t family)
{
	reading->question.family = family;
	int err = read_sockets(reading);
	if (reading->diag->interrupted)
		reading->dump->inexact = true;
	return err;
}

int inet_diag_dump(struct dump *dump, enum sock_proto proto)
{
	const struct request *request = dump->request;
	const size_t first = dump->snap->n_socks;
	struct reading reading = {
		.dump = dump,
		.diag = dump->diag,
		.question = inet_question_of(request, proto),
		.extras = dump_wants(dump, FACT_TCP_INFO | FACT_SKMEM | FACT_SOCKOPT),
	};
	int err = -EOPNOTSUPP;

	if (proto == SOCK_PROTO_TCP && request->ipv4 && request->ipv6)
		err = read_tcp(&reading);
	if (err && err != -ENOMEM) { /* no such request here, or half an answer */
		dump->snap->n_socks = first;
		err = request->ipv4 ? read_family(&reading, AF_INET) : 0;
		if (!err && request->ipv6)
			err = read_family(&reading, AF_INET6);
	}
	if (err)
		dump->snap->n_socks = first;
	return err;
}
