/* SPDX-License-Identifier: MIT */
/* The ptrace loop. */
#include "probe/tracer.h"
#include "base/array.h"
#include "base/auto.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define NATIVE_ARCH AUDIT_ARCH_RISCV64
#else
#define NATIVE_ARCH 0
#endif

static const long TRACE_OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
				  PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;

struct thread {
	pid_t tid, pid;
	struct traced_call call; /* entered, not yet returned */
	bool in_call;
};

struct tracer {
	const struct tracer_watcher *watcher;
	struct thread *threads;
	size_t n, room;
	pid_t first;
	int status; /* of .first */
};

static pid_t thread_group(pid_t tid)
{
	char path[64], line[128];

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	AUTO(fclosep) FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "Tgid:", 5))
			return (pid_t)strtol(line + 5, NULL, 10);
	return tid;
}

static struct thread *find_thread(struct tracer *tracer, pid_t tid)
{
	for (size_t i = 0; i < tracer->n; i++)
		if (tracer->threads[i].tid == tid)
			return &tracer->threads[i];
	if (!array_grow(&tracer->threads, tracer->n, &tracer->room, sizeof(*tracer->threads)))
		return NULL;
	struct thread *thread = &tracer->threads[tracer->n++];
	*thread = (struct thread){.tid = tid, .pid = thread_group(tid)};
	return thread;
}

static void forget_thread(struct tracer *tracer, pid_t tid)
{
	for (size_t i = 0; i < tracer->n; i++)
		if (tracer->threads[i].tid == tid) {
			tracer->threads[i] = tracer->threads[--tracer->n];
			return;
		}
}

static void at_syscall(struct tracer *tracer, struct thread *thread)
{
	struct __ptrace_syscall_info info;
	long n = ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, sizeof(info), &info);

	if (n <= 0 || (NATIVE_ARCH && info.arch != NATIVE_ARCH))
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		thread->call = (struct traced_call){
			.tid = thread->tid, .pid = thread->pid, .number = info.entry.nr};
		memcpy(thread->call.args, info.entry.args, sizeof(thread->call.args));
		thread->in_call = true;
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && thread->in_call) {
		thread->call.is_exit = true;
		thread->call.result = info.exit.rval;
		thread->in_call = false;
	} else {
		return;
	}
	/* The watcher may take long; the call must not be looked up again after it. */
	struct traced_call call = thread->call;
	tracer->watcher->call(&call, tracer->watcher->data);
}

/* All threads but one are gone, and that one has the process's number now. */
static void at_exec(struct tracer *tracer, struct thread *thread)
{
	unsigned long former = 0;
	const pid_t pid = thread->tid;

	thread->in_call = false;
	ptrace(PTRACE_GETEVENTMSG, pid, 0, &former);
	if ((pid_t)former != pid)
		forget_thread(tracer, (pid_t)former);
	tracer->watcher->execed(pid, tracer->watcher->data);
}

static void at_event(struct tracer *tracer, struct thread *thread, int event)
{
	unsigned long child = 0;

	if (event == PTRACE_EVENT_EXEC)
		at_exec(tracer, thread);

	if (event != PTRACE_EVENT_FORK && event != PTRACE_EVENT_VFORK && event != PTRACE_EVENT_CLONE)
		return;
	ptrace(PTRACE_GETEVENTMSG, thread->tid, 0, &child);
	const pid_t parent_pid = thread->pid;
	struct thread *new = find_thread(tracer, (pid_t)child);
	if (new && new->pid != parent_pid)
		tracer->watcher->forked(parent_pid, new->pid, tracer->watcher->data);
}

/* Returns the signal to deliver, -1 when the thread is to stay stopped (group-stop). */
static int at_stop(struct tracer *tracer, pid_t tid, int status)
{
	const int signal = WSTOPSIG(status), event = status >> 16;
	struct thread *thread = find_thread(tracer, tid);

	if (!thread)
		return 0;
	if (signal == (SIGTRAP | 0x80)) {
		at_syscall(tracer, thread);
		return 0;
	}
	if (event == PTRACE_EVENT_STOP)
		return signal == SIGTRAP ? 0 : -1;
	if (event) {
		at_event(tracer, thread, event);
		return 0;
	}
	return signal;
}

static int loop(struct tracer *tracer)
{
	for (;;) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			return errno == ECHILD ? 0 : -errno;
		if (!WIFSTOPPED(status)) {
			forget_thread(tracer, tid);
			if (tid == tracer->first)
				tracer->status = status;
			if (!tracer->n)
				return 0;
			continue;
		}
		int signal = at_stop(tracer, tid, status);
		if (signal < 0)
			ptrace(PTRACE_LISTEN, tid, 0, 0);
		else
			ptrace(PTRACE_SYSCALL, tid, 0, signal);
	}
}

/* The one thing a signal handler has to know; 0: no command runs. */
static volatile sig_atomic_t command_pid;

static const int forwarded[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
enum { N_FORWARDED = N_ELEMENTS(forwarded) };

/* What the terminal sends (SI_KERNEL) goes to the whole foreground group, the command included. */
static void forward(int signal, siginfo_t *info, void *context)
{
	const int saved = errno;

	(void)context;
	if (info->si_code <= 0 && command_pid > 0)
		kill((pid_t)command_pid, signal);
	errno = saved;
}

static void start_forwarding(pid_t pid, struct sigaction old[N_FORWARDED])
{
	const struct sigaction action = {.sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART};

	command_pid = pid;
	for (int i = 0; i < N_FORWARDED; i++)
		sigaction(forwarded[i], &action, &old[i]);
}

static void stop_forwarding(const struct sigaction old[N_FORWARDED])
{
	for (int i = 0; i < N_FORWARDED; i++)
		sigaction(forwarded[i], &old[i], NULL);
	command_pid = 0;
}

/* The child waits for the tracer's word, then becomes the command; a failed exec is told by pipe. */
static void become(char *const *argv, int go, int failed)
{
	char c;

	if (read(go, &c, 1) == 1) {
		execvp(argv[0], argv);
		int error = errno;
		if (write(failed, &error, sizeof(error)) < 0)
			_exit(126);
	}
	_exit(127);
}

int tracer_run(char *const *argv, const struct tracer_watcher *watcher, int *ret_status)
{
	struct tracer tracer = {.watcher = watcher};
	int go[2], failed[2], error = 0;

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(failed, O_CLOEXEC)) {
		error = -errno;
		close(go[0]);
		close(go[1]);
		return error;
	}
	tracer.first = fork();
	if (!tracer.first)
		become(argv, go[0], failed[1]);
	close(go[0]);
	close(failed[1]);
	if (tracer.first < 0 || ptrace(PTRACE_SEIZE, tracer.first, 0, TRACE_OPTIONS) ||
	    ptrace(PTRACE_INTERRUPT, tracer.first, 0, 0))
		error = -errno;
	/* Signals are for the command; we live on to explain. */
	struct sigaction old[N_FORWARDED];
	start_forwarding(tracer.first, old);
	if (!error && write(go[1], "", 1) != 1)
		error = -EPIPE;
	close(go[1]);
	int looped = loop(&tracer);
	stop_forwarding(old);
	int exec_error;
	if (!error && read(failed[0], &exec_error, sizeof(exec_error)) == sizeof(exec_error))
		error = -exec_error;
	close(failed[0]);
	free(tracer.threads);
	*ret_status = tracer.status;
	return error ?: looped;
}

size_t tracer_read(pid_t pid, uint64_t address, void *to, size_t len)
{
	struct iovec local = {to, len};
	struct iovec remote = {(void *)(uintptr_t)address, len}; /* NOLINT: an address over there */
	ssize_t n = process_vm_readv(pid, &local, 1, &remote, 1, 0);

	return n < 0 ? 0 : (size_t)n;
}
