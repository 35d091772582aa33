/* SPDX-License-Identifier: MIT */
/*
 * Runs a command unchanged and hears of every system call of it and its children. ptrace, because
 * it works without rights, sees results, and sees calls that a seccomp filter refuses.
 */
#ifndef BERTH_PROBE_TRACER_H
#define BERTH_PROBE_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct traced_call {
	pid_t tid;
	pid_t pid; /* thread group */
	uint64_t number; /* __NR_* of the native architecture */
	uint64_t args[6];
	bool is_exit;	 /* the call has returned: .result */
	int64_t result;	 /* a value, or -errno */
};

struct tracer_watcher {
	void *data;
	void (*call)(const struct traced_call *call, void *data); /* the thread is stopped */
	void (*forked)(pid_t parent, pid_t child, void *data);	  /* a new process, not thread */
	void (*execed)(pid_t pid, void *data);			  /* it runs another program now */
};

/*
 * Run @argv to its end. 0 with its wait status in @ret_status; -errno when it could not be started
 * or traced (-ENOENT, -EACCES, -EPERM ...). Meanwhile a signal that somebody sends to us goes to
 * the command; those of the terminal reach it anyway. If we die the command goes on untraced.
 */
int tracer_run(char *const *argv, const struct tracer_watcher *watcher, int *ret_status);

/* Copy memory of a traced process; the number of bytes copied. */
size_t tracer_read(pid_t pid, uint64_t address, void *to, size_t len);

#endif
