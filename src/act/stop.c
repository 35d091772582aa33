/* SPDX-License-Identifier: MIT */
/* pidfd_open(2), pidfd_send_signal(2) and poll(2): Linux 5.3 and newer. */
#include "act/stop.h"
#include "base/auto.h"
#include "sources/proc_dir.h"
#include "sources/proc_stat.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The start time of whoever has the number now; 0 when nobody has or it cannot be read. */
static uint64_t start_of(uint32_t pid)
{
	struct proc_stat stat;
	char text[PROC_STAT_ROOM];

	return proc_read_stat(pid, text, &stat) ? stat.start_ticks : 0;
}

size_t stop_forefathers(uint32_t *pids, size_t max)
{
	struct proc_stat stat;
	char text[PROC_STAT_ROOM];
	size_t n = 0;

	if (max < 2)
		return 0;
	pids[n++] = (uint32_t)getpid();
	for (uint32_t pid = (uint32_t)getppid(); pid && n < max; pid = stat.parent) {
		pids[n++] = pid;
		if (!proc_read_stat(pid, text, &stat))
			break;
	}
	return n;
}

int stop_open(struct stop *stop)
{
	stop->error = 0;
	stop->ended = stop->killed = false;
	stop->pidfd = (int)syscall(SYS_pidfd_open, (pid_t)stop->pid, 0);
	if (stop->pidfd < 0) {
		stop->ended = errno == ESRCH;
		stop->error = stop->ended ? 0 : errno;
		return -stop->error;
	}
	/* the pidfd pins whoever it is; now see that it is the one that was meant */
	const uint64_t start = start_of(stop->pid);
	if (stop->start_ticks && start && start != stop->start_ticks) {
		stop_release(stop);
		stop->ended = true;
	}
	return 0;
}

void stop_release(struct stop *stop)
{
	if (stop->pidfd >= 0)
		close(stop->pidfd);
	stop->pidfd = -1;
}

static void mark_ended(struct stop *stop)
{
	stop->ended = true;
	stop_release(stop);
}

size_t stop_signal(struct stop *stops, size_t n, int signal)
{
	size_t sent = 0;

	for (size_t i = 0; i < n; i++) {
		struct stop *stop = &stops[i];
		if (stop->ended || stop->pidfd < 0)
			continue;
		stop->error = 0;
		if (!syscall(SYS_pidfd_send_signal, stop->pidfd, signal, NULL, 0)) {
			stop->killed = signal == SIGKILL;
			sent++;
		} else if (errno == ESRCH) {
			mark_ended(stop);
		} else {
			stop->error = errno;
		}
	}
	return sent;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t poll_running(struct stop *stops, struct pollfd *polls, size_t n, int wait_ms)
{
	size_t running = 0;

	for (size_t i = 0; i < n; i++)
		polls[i] = (struct pollfd){.fd = stops[i].pidfd, .events = POLLIN};
	poll(polls, n, wait_ms); /* ended by a signal: count, and let the caller decide */
	for (size_t i = 0; i < n; i++) {
		if (stops[i].pidfd >= 0 && polls[i].revents & POLLIN)
			mark_ended(&stops[i]);
		running += !stops[i].ended;
	}
	return running;
}

size_t stop_wait(struct stop *stops, size_t n, unsigned limit_ms)
{
	AUTO(freep) struct pollfd *polls = calloc(n + 1, sizeof(*polls));
	const int64_t end = now_ms() + limit_ms;
	size_t running = n;

	while (polls && running) {
		int64_t left = end - now_ms();
		running = poll_running(stops, polls, n, left > 0 ? (int)left : 0);
		if (left <= 0)
			break;
	}
	return running;
}
