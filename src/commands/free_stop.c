/* SPDX-License-Identifier: MIT */
/* The stop itself: ask by SIGTERM, wait with a line that tells how long yet, then SIGKILL. */
#include "commands/free.h"
#include "base/duration.h"
#include "core/snapshot.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	QUIET_MS = 500, /* most have ended by then: no word of waiting */
	STEP_MS = 1000,
	KILL_MS = 5000,
};

int free_take_hold(struct freeing *freeing)
{
	const size_t n = freeing->plan.n_processes;

	freeing->stops = calloc(n + 1, sizeof(*freeing->stops));
	if (!freeing->stops)
		return failure(freeing->inv, "out of memory");
	for (size_t i = 0; i < n; i++) {
		const struct proc *proc = &freeing->snap->procs[freeing->plan.processes[i].proc];
		struct stop *stop = &freeing->stops[i];
		*stop = (struct stop){
			.pid = proc->pid, .start_ticks = proc->start_ticks, .pidfd = -1};
		if (freeing->plan.processes[i].untouchable)
			stop->ended = true; /* never opened, never signalled */
		else
			stop_open(stop);
	}
	return 0;
}

/* Wait up to @limit_ms; on a terminal one line counts down, elsewhere it is told once. */
static size_t wait_aloud(const struct freeing *freeing, size_t running, uint64_t limit_ms)
{
	const bool terminal = !freeing->quiet && isatty(STDOUT_FILENO);
	char text[DURATION_TEXT_SIZE];

	free_say(freeing, "Asked to stop (SIGTERM); waiting up to %s ...%s",
		 format_duration_ms(limit_ms, text), terminal ? "" : "\n");
	while (running && limit_ms) {
		const unsigned step = limit_ms < STEP_MS ? (unsigned)limit_ms : STEP_MS;
		running = stop_wait(freeing->stops, freeing->plan.n_processes, step);
		limit_ms -= step;
		if (terminal && running && limit_ms)
			free_say(freeing, "\r\033[KAsked to stop (SIGTERM); %zu running, %s left ...",
				 running, format_duration_ms(limit_ms, text));
	}
	if (terminal)
		free_say(freeing, "\r\033[K");
	return running;
}

int free_stop_all(struct freeing *freeing)
{
	const size_t n = freeing->plan.n_processes;
	int code = free_take_hold(freeing);

	if (code)
		return code;
	stop_signal(freeing->stops, n, SIGTERM);
	const uint64_t first = freeing->grace_ms < QUIET_MS ? freeing->grace_ms : QUIET_MS;
	size_t running = stop_wait(freeing->stops, n, (unsigned)first);
	if (running && freeing->grace_ms > first)
		running = wait_aloud(freeing, running, freeing->grace_ms - first);
	if (running) {
		stop_signal(freeing->stops, n, SIGKILL);
		running = stop_wait(freeing->stops, n, KILL_MS);
	}
	for (size_t i = 0; i < n; i++) {
		const struct stop *stop = &freeing->stops[i];
		if (stop->killed)
			free_say(freeing, "pid %u did not stop in time and was killed.\n", stop->pid);
		if (stop->error)
			failure(freeing->inv, "pid %u: %s", stop->pid, strerror(stop->error));
	}
	return running ? EXIT_NO : EXIT_YES;
}
