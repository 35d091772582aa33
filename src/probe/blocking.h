/* SPDX-License-Identifier: MIT */
/*
 * The second look at an address: a plain connect() that blocks, on a thread, as most programs make
 * it. Its socket has no error queue (IP_RECVERR), so what it returns, and when, is what they see.
 */
#ifndef BERTH_PROBE_BLOCKING_H
#define BERTH_PROBE_BLOCKING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/case.h"

struct blocking {
	bool started;
	int fd;
	pthread_t thread;
	struct sockaddr_storage to;
	socklen_t to_len;
	uint64_t started_ns;
	atomic_bool returned;	 /* the thread has set what follows */
	int error;
	double seconds;
};

/*
 * Begin to connect to the target of @attempt with the options of @asked; ends by itself at
 * @until_ns. Left out (not .started) for anything but TCP, and with a fixed source port, which the
 * attempt itself still has.
 */
void blocking_start(struct blocking *blocking, const struct asked *asked,
		    const struct attempt *attempt, uint64_t until_ns);
/* Has it nothing more to tell? True if it was not started. */
bool blocking_is_done(const struct blocking *blocking);
/* It came to an end, and a good one. */
bool blocking_works(const struct blocking *blocking);
/* End it, if need be by taking the socket away, and say what it saw. May be called twice. */
void blocking_finish(struct blocking *blocking, struct blocking_seen *ret_seen);

/*
 * After how many seconds of silence connect() on @fd returns ETIMEDOUT: by its own initial RTO and
 * TCP_SYNCNT and this namespace's sysctls. Ask right after connect(). 0: not known.
 */
double connect_gives_up(int fd);

/*
 * The same by numbers (net/ipv4/tcp_timer.c, tcp_write_timeout()): the first @linear retransmissions
 * come one @rto apart, the @retries after them at doubled distances up to @rto_max; then one more wait.
 */
double syn_seconds(unsigned retries, unsigned linear, double rto, double rto_max);

#endif
