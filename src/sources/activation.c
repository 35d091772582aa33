/* SPDX-License-Identifier: MIT */
/*
 * Sockets that a service manager made: for which unit it holds them, and under what name a service
 * got them (sd_listen_fds(3)).
 */
#include "base/auto.h"
#include "base/numbers.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/proc_dir.h"
#include "sources/socket_units.h"
#include "sources/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ENVIRON_BYTES = 64 * 1024, FIRST_PASSED = 3, MANAGERS_MAX = 16 };

enum role { NOT_ASKED, NOBODY, MANAGER, ACTIVATE, PASSED };

/* What a holder is, found when its first socket is met. */
struct holder {
	enum role role;
	const char *command; /* ACTIVATE: what it would start */
	const char *names;   /* PASSED: "a:b", or NULL */
	uint64_t n_passed;
	size_t manager;	     /* MANAGER: whose units */
};

struct activation {
	struct snapshot *snap;
	struct holder *holders; /* one for each process */
	struct socket_units units[MANAGERS_MAX];
	size_t n_managers;
	char *environ; /* ENVIRON_BYTES */
	uint32_t n_closed; /* holders whose environment may not be read */
};

static void activation_release(struct activation *activation)
{
	for (size_t i = 0; i < activation->n_managers; i++)
		socket_units_release(&activation->units[i]);
	free(activation->holders);
	free(activation->environ);
}

/* The environment a process was started with: NUL-ended words; their length, 0 if refused. */
static size_t read_environ(struct activation *activation, const struct proc *proc)
{
	AUTO(closep) int dir = proc_dir_open(proc->pid);
	long len = dir < 0 ? 0 : proc_dir_read(dir, "environ", activation->environ, ENVIRON_BYTES);

	activation->n_closed += len == -EACCES || len == -EPERM;
	return len > 0 ? (size_t)len : 0;
}

static const char *find_variable(const struct activation *activation, size_t len, const char *name)
{
	const char *at = activation->environ, *end = at + len;
	const size_t n = strlen(name);

	for (; at < end; at += strlen(at) + 1)
		if (!strncmp(at, name, n) && at[n] == '=')
			return at + n + 1;
	return NULL;
}

static int read_units(struct activation *activation, const struct proc *proc,
		      struct holder *holder)
{
	struct snapshot *snap = activation->snap;
	const bool is_user = proc->cmdline && strstr(proc->cmdline, "--user");
	const size_t len = is_user ? read_environ(activation, proc) : 0;
	const char *home = is_user ? find_variable(activation, len, "HOME") : NULL;
	const char *runtime = is_user ? find_variable(activation, len, "XDG_RUNTIME_DIR") : NULL;
	char root[40] = "";

	if (activation->n_managers == MANAGERS_MAX || (is_user && !home))
		return 0;
	if (proc->pid != 1)
		snprintf(root, sizeof(root), "/proc/%u/root", proc->pid);
	holder->role = MANAGER;
	holder->manager = activation->n_managers++;
	return socket_units_read(&snap->arena, root, home, runtime ? runtime : "/run",
				 &activation->units[holder->manager]);
}

/* The command of "systemd-socket-activate -l 80 --fdname=web COMMAND ARG...". */
static const char *activate_command(const char *cmdline)
{
	static const char *const with_value[] = {"-l", "-E", "--listen", "--setenv", "--fdname"};

	while ((cmdline = strchr(cmdline, ' '))) {
		const size_t len = strcspn(++cmdline, " ");
		if (*cmdline != '-')
			return cmdline;
		for (size_t i = 0; i < N_ELEMENTS(with_value); i++)
			if (strlen(with_value[i]) == len && !strncmp(cmdline, with_value[i], len) &&
			    cmdline[len])
				cmdline += len + 1;
	}
	return NULL;
}

/* Was the process given sockets? LISTEN_PID is by its own count of pids, and gone after fork(). */
static void read_passed(struct activation *activation, const struct proc *proc,
			struct holder *holder)
{
	const size_t len = read_environ(activation, proc);
	const char *pid = find_variable(activation, len, "LISTEN_PID");
	const char *n = find_variable(activation, len, "LISTEN_FDS");
	const char *names = find_variable(activation, len, "LISTEN_FDNAMES");
	uint64_t number;

	if (!pid || !n || !parse_u64(pid, UINT32_MAX, &number) ||
	    number != (proc->pid_inner ? proc->pid_inner : proc->pid) ||
	    !parse_u64(n, INT32_MAX, &holder->n_passed))
		return;
	holder->role = PASSED;
	holder->names = names ? arena_dup(&activation->snap->arena, names, strlen(names)) : NULL;
}

static bool runs(const struct proc *proc, const char *program)
{
	const char *slash = proc->exe ? strrchr(proc->exe, '/') : NULL;

	return slash && !strcmp(slash + 1, program);
}

static int ask(struct activation *activation, const struct proc *proc, struct holder *holder)
{
	holder->role = NOBODY;
	if (runs(proc, "systemd-socket-activate") && proc->cmdline) {
		holder->role = ACTIVATE;
		holder->command = activate_command(proc->cmdline);
		return 0;
	}
	if (!strcmp(proc->comm, "systemd") &&
	    (proc->pid == 1 || proc->pid_inner == 1 ||
	     (proc->cmdline && strstr(proc->cmdline, "--user"))))
		return read_units(activation, proc, holder);
	read_passed(activation, proc, holder);
	return 0;
}

/* The @nth of "a:b:c", or NULL. */
static const char *nth_name(struct snapshot *snap, const char *names, uint64_t nth)
{
	while (names && nth--)
		names = (names = strchr(names, ':')) ? names + 1 : NULL;
	const size_t len = names ? strcspn(names, ":") : 0;

	return len ? arena_dup(&snap->arena, names, len) : NULL;
}

/* Another holder of the socket: the service is running already. */
static const struct proc *find_other(const struct snapshot *snap, const struct owner *owner)
{
	for (size_t i = 0; i < snap->n_owners; i++)
		if (snap->owners[i].sock == owner->sock && snap->owners[i].proc != owner->proc)
			return &snap->procs[snap->owners[i].proc];
	return NULL;
}

static int add_note(struct activation *activation, const struct owner *owner,
		    const struct holder *holder)
{
	struct snapshot *snap = activation->snap;
	const struct sock *sock = &snap->socks[owner->sock];
	const struct socket_unit *unit = NULL;

	if (holder->role == NOBODY)
		return 0;
	if (holder->role == MANAGER &&
	    !(unit = socket_units_find(&activation->units[holder->manager], snap, sock)))
		return 0;
	if (holder->role == PASSED && (owner->fd < FIRST_PASSED ||
				       (uint64_t)owner->fd - FIRST_PASSED >= holder->n_passed))
		return 0;
	struct note *note = snapshot_add_note(snap, owner->sock);
	if (!note)
		return -ENOMEM;
	if (holder->role == PASSED) {
		note->kind = NOTE_PASSED;
		note->object = nth_name(snap, holder->names,
					(uint64_t)owner->fd - FIRST_PASSED);
		return 0;
	}
	const struct proc *other = find_other(snap, owner);
	note->kind = NOTE_ACTIVATION;
	note->subject = unit ? unit->name : NULL;
	note->object = unit ? socket_unit_starts(&snap->arena, unit) : holder->command;
	note->pid = other ? other->pid : 0;
	note->comm = other ? other->comm : NULL;
	return 0;
}

/* Only what is waited on with may have been made by a manager. */
static bool is_waiting(const struct sock *sock)
{
	return sock_is_open_port(sock) ||
	       (sock->proto == SOCK_PROTO_UNIX && sock->name &&
		(sock->state == SOCK_STATE_LISTEN || sock->state == SOCK_STATE_CLOSE ||
		 sock->state == SOCK_STATE_UNKNOWN));
}

static int add_coverage(struct snapshot *snap, uint32_t n_closed)
{
	struct coverage *coverage = n_closed ? snapshot_add_coverage(snap) : NULL;

	if (!n_closed)
		return 0;
	if (!coverage)
		return -ENOMEM;
	*coverage = (struct coverage){
		.source = "activation",
		.how = "/proc/PID/environ",
		.level = COVERAGE_PARTIAL,
		.error = EACCES,
		.what = arena_printf(&snap->arena, "whether a service manager passed %u process%s "
				     "their sockets", n_closed, n_closed > 1 ? "es" : ""),
		.needs = "root, or CAP_SYS_PTRACE",
	};
	return 0;
}

static int activation_collect(struct snapshot *snap, const struct request *request)
{
	AUTO(activation_release) struct activation activation = {
		.snap = snap,
		.holders = calloc(snap->n_procs + 1, sizeof(struct holder)),
		.environ = malloc(ENVIRON_BYTES),
	};
	int err = activation.holders && activation.environ ? 0 : -ENOMEM;

	for (size_t i = 0; i < snap->n_owners && !err; i++) {
		const struct owner *owner = &snap->owners[i];
		struct holder *holder = &activation.holders[owner->proc];
		if (owner->fd < 0 || !is_waiting(&snap->socks[owner->sock]))
			continue;
		if (holder->role == NOT_ASKED)
			err = ask(&activation, &snap->procs[owner->proc], holder);
		if (!err)
			err = add_note(&activation, owner, holder);
	}
	return err ? err : add_coverage(snap, activation.n_closed);
}

const struct source source_activation = {
	.name = "activation",
	.provides = FACT_NOTES,
	.collect = activation_collect,
};
