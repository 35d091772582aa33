/* SPDX-License-Identifier: MIT */
/* Stops units and containers by the hand of whoever started them. */
#include "commands/free.h"
#include "base/auto.h"
#include "base/escape.h"
#include "core/snapshot.h"

#include <assert.h>
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The words of the command that stops @proc; false when nobody manages it. */
static bool stop_words(const struct proc *proc, const char *words[5])
{
	switch ((enum proc_manager)proc->manager) {
	case PROC_MANAGER_SYSTEMD:
		if (!proc->unit)
			return false;
		memcpy(words, (const char *[]){"systemctl", "stop", "--", proc->unit, NULL},
		       5 * sizeof(*words));
		return true;
	case PROC_MANAGER_DOCKER:
	case PROC_MANAGER_PODMAN:
		if (!proc->container)
			return false;
		memcpy(words,
		       (const char *[]){proc_manager_name(proc->manager), "stop", "--",
					proc->container, NULL},
		       5 * sizeof(*words));
		return true;
	case PROC_MANAGER_CONTAINERD:
	case PROC_MANAGER_CRIO:
		if (!proc->container)
			return false;
		memcpy(words, (const char *[]){"crictl", "stop", proc->container, NULL, NULL},
		       5 * sizeof(*words));
		return true;
	case PROC_MANAGER_LXC:
		if (!proc->container)
			return false;
		memcpy(words, (const char *[]){"lxc-stop", "-n", proc->container, NULL, NULL},
		       5 * sizeof(*words));
		return true;
	case PROC_MANAGER_NONE:
		return false;
	}
	return false;
}

static bool already_done(const struct freeing *freeing, size_t nth)
{
	const struct snapshot *snap = freeing->snap;
	const struct proc *proc = &snap->procs[freeing->plan.processes[nth].proc];
	const char *words[5], *earlier[5];

	stop_words(proc, words);
	for (size_t i = 0; i < nth; i++) {
		const struct proc *other = &snap->procs[freeing->plan.processes[i].proc];
		if (stop_words(other, earlier) && !strcmp(words[0], earlier[0]) &&
		    !strcmp(words[3] ? words[3] : words[2], earlier[3] ? earlier[3] : earlier[2]))
			return true;
	}
	return false;
}

static int run_words(const struct freeing *freeing, const char *words[5])
{
	pid_t pid;
	int status;

	assert(words[0]);
	AUTO(strbuf_release) struct strbuf line = STRBUF_INIT;
	for (size_t i = 0; words[i]; i++) {
		strbuf_add_char(&line, ' ');
		escape_add(&line, words[i], strlen(words[i]));
	}
	free_say(freeing, "Running:%s\n", line.text);
	/* what it prints is for a person: JSON stays alone on standard output */
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	if (freeing->quiet)
		posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	int err = posix_spawnp(&pid, words[0], &actions, NULL, (char *const *)words, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return failure(freeing->inv, "%s: %s", words[0], strerror(err));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return failure(freeing->inv, "%s did not succeed", words[0]);
	return EXIT_YES;
}

int free_via_manager(struct freeing *freeing)
{
	int hold = free_take_hold(freeing);

	if (hold)
		return hold;
	for (size_t i = 0; i < freeing->plan.n_processes; i++) {
		const struct proc *proc = &freeing->snap->procs[freeing->plan.processes[i].proc];
		const char *words[5] = {};
		if (!stop_words(proc, words))
			return failure(freeing->inv,
				       "%s[%u] has no manager that could stop it; leave out --via-manager",
				       proc->comm, proc->pid);
		int code = already_done(freeing, i) ? EXIT_YES : run_words(freeing, words);
		if (code)
			return code;
	}
	/* not every manager waits until it is done */
	stop_wait(freeing->stops, freeing->plan.n_processes, (unsigned)freeing->grace_ms);
	return EXIT_YES;
}
