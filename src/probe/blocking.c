/* SPDX-License-Identifier: MIT */
/* One connect() on a thread of its own, and how long such a call lasts where nobody answers. */
#include "probe/blocking.h"
#include "base/auto.h"
#include "base/clock.h"
#include "core/sock.h"
#include "probe/asking.h"
#include "probe/attempting.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

/* tcp_timer.c: TCP_RTO_MAX; kernels since 6.15 say it in net.ipv4.tcp_rto_max_ms */
enum { RTO_MAX_MS = 120000, JOIN_MS = 20 };

static unsigned read_setting(const char *name, unsigned otherwise)
{
	char path[80];
	unsigned value;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	AUTO(fclosep) FILE *file = fopen(path, "re");
	return file && fscanf(file, "%u", &value) == 1 ? value : otherwise;
}

double syn_seconds(unsigned retries, unsigned linear, double rto, double rto_max)
{
	double sum = 0, wait = rto;

	for (unsigned i = 0; i <= linear + retries; i++) {
		if (i > linear)
			wait *= 2;
		sum += wait < rto_max ? wait : rto_max;
	}
	return sum;
}

double connect_gives_up(int fd)
{
	struct tcp_info info = {};
	socklen_t info_len = sizeof(info), len = sizeof(int);
	int retries = 0;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_len) || !info.tcpi_rto ||
	    info.tcpi_backoff || info.tcpi_state != TCP_SYN_SENT ||
	    getsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &retries, &len) || retries < 0)
		return 0;
	/* Kernels before 6.5 know no linear ones. */
	return syn_seconds((unsigned)retries, read_setting("tcp_syn_linear_timeouts", 0),
			   info.tcpi_rto / 1e6, read_setting("tcp_rto_max_ms", RTO_MAX_MS) / 1e3);
}

static void *connect_now(void *data)
{
	struct blocking *b = data;

	b->error = connect(b->fd, (const struct sockaddr *)&b->to, b->to_len) ? errno : 0;
	b->seconds = (double)(monotonic_ns() - b->started_ns) / 1e9;
	atomic_store(&b->returned, true);
	return NULL;
}

/* The signals are the other threads' business. */
static bool start_thread(struct blocking *b)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const int error = pthread_create(&b->thread, NULL, connect_now, b);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return !error;
}

static int open_socket(const struct asked *asked, const struct addr *dst)
{
	struct borrowed borrowed;
	struct sockaddr_storage ss;
	int error = borrow_user(asked, &borrowed);

	if (error)
		return error;
	AUTO(closep) int fd = socket(dst->family == ADDR_IPV4 ? AF_INET : AF_INET6,
				     SOCK_STREAM | SOCK_CLOEXEC, 0);
	error = fd < 0 ? -errno : socket_apply_asked(fd, asked, (enum addr_family)dst->family);
	if (!error && asked->bind_addr.family == dst->family) {
		const socklen_t len = sockaddr_make(&asked->bind_addr, 0, &ss);
		error = bind(fd, (struct sockaddr *)&ss, len) ? -errno : 0;
	}
	return_user(&borrowed);
	return error ?: take_fd(&fd);
}

void blocking_start(struct blocking *b, const struct asked *asked, const struct attempt *attempt,
		    uint64_t until_ns)
{
	const struct linger now = {1, 0}; /* a handshake that was only a question ends with RST */
	const uint64_t started = monotonic_ns();

	*b = (struct blocking){.fd = -1, .started_ns = started};
	if (attempt->proto != SOCK_PROTO_TCP || asked->bind_port || until_ns <= started)
		return;
	AUTO(closep) int fd = open_socket(asked, &attempt->remote);
	if (fd < 0)
		return;
	const uint64_t us = (until_ns - started) / 1000 + 1;
	const struct timeval limit = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)))
		return;
	b->to_len = sockaddr_make(&attempt->remote, attempt->remote_port, &b->to);
	b->fd = take_fd(&fd);
	b->started = start_thread(b);
	if (!b->started)
		closep(&b->fd);
}

bool blocking_is_done(const struct blocking *b)
{
	return !b->started || atomic_load(&b->returned);
}

bool blocking_works(const struct blocking *b)
{
	return b->started && atomic_load(&b->returned) && !b->error;
}

void blocking_finish(struct blocking *b, struct blocking_seen *ret_seen)
{
	if (!b->started)
		return;
	const bool returned = atomic_load(&b->returned);
	const double seconds = (double)(monotonic_ns() - b->started_ns) / 1e9;
	struct timespec until;
	do {
		if (!atomic_load(&b->returned))
			shutdown(b->fd, SHUT_RDWR); /* in vain until connect() has begun: again then */
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += JOIN_MS * 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
	} while (pthread_timedjoin_np(b->thread, NULL, &until) == ETIMEDOUT);
	/* EINPROGRESS: SO_SNDTIMEO was over */
	const bool waits = !returned || b->error == EINPROGRESS || b->error == EAGAIN;
	*ret_seen = (struct blocking_seen){.made = true,
					   .waits = waits,
					   .error = waits ? 0 : b->error,
					   .seconds = returned ? b->seconds : seconds};
	close(b->fd);
	*b = (struct blocking){.fd = -1};
}
