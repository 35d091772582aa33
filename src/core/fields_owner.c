/* SPDX-License-Identifier: MIT */
/* Fields of the processes that hold a socket: one value for each holding file descriptor. */
#include "core/fields.h"
#include "base/numbers.h"
#include "core/facts.h"
#include "core/field_values.h"
#include "core/proc.h"
#include "core/snapshot.h"
#include "core/sock.h"

#include <time.h>

#define GETTER(name)                                                                               \
	static bool get_##name(const struct snapshot *snap, const struct sock *sock,               \
			       uint32_t nth, struct value *ret)

static const struct proc *nth_proc(const struct snapshot *snap, const struct sock *sock,
				   uint32_t nth)
{
	const struct owner *owner = sock_owner(snap, sock, nth);

	return owner ? owner_proc(snap, owner) : NULL;
}

GETTER(pid)
{
	const struct proc *proc = nth_proc(snap, sock, nth);

	return proc && value_number(ret, proc->pid);
}

GETTER(fd)
{
	const struct owner *owner = sock_owner(snap, sock, nth);

	return owner && owner->fd >= 0 && value_number(ret, (uint64_t)owner->fd);
}

GETTER(parent)
{
	const struct proc *proc = nth_proc(snap, sock, nth);

	return proc && proc->parent && value_number(ret, proc->parent);
}

GETTER(process_uid)
{
	const struct proc *proc = nth_proc(snap, sock, nth);

	return proc && proc->uid != UINT32_MAX && value_number(ret, proc->uid);
}

GETTER(pid_inner)
{
	const struct proc *proc = nth_proc(snap, sock, nth);

	return proc && proc->pid_inner && proc->pid_inner != proc->pid &&
	       value_number(ret, proc->pid_inner);
}

GETTER(uid_inner)
{
	const struct proc *proc = nth_proc(snap, sock, nth);

	return proc && proc->has_uid_inner && value_number(ret, proc->uid_inner);
}

GETTER(process_user)
{
	const struct proc *proc = nth_proc(snap, sock, nth);

	if (!proc || proc->uid == UINT32_MAX)
		return false;
	if (value_text(ret, snapshot_user_name(snap, proc->uid)))
		return true;
	ret->scratch[format_u64(ret->scratch, proc->uid)] = '\0';
	return value_scratch(ret);
}

GETTER(manager)
{
	const struct proc *proc = nth_proc(snap, sock, nth);

	return proc && value_text(ret, proc_manager_name(proc->manager));
}

GETTER(age)
{
	const struct proc *proc = nth_proc(snap, sock, nth);

	if (!proc || !proc->started_ns || !snap->taken_ns)
		return false;
	/* A process may start between the look at the clock and the look at it. */
	const uint64_t age_ns = proc->started_ns < snap->taken_ns ?
					snap->taken_ns - proc->started_ns : 0;
	return value_seconds(ret, (double)age_ns / 1e9);
}

GETTER(start)
{
	const struct proc *proc = nth_proc(snap, sock, nth);
	struct tm tm;

	if (!proc || !proc->started_ns)
		return false;
	const time_t seconds = (time_t)(proc->started_ns / 1000000000u);
	if (!gmtime_r(&seconds, &tm))
		return false;
	strftime(ret->scratch, sizeof(ret->scratch), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return value_scratch(ret);
}

#define ROW(id, ...)                                                                               \
	const struct field field_##id = {.name = #id, .multiple = true, .get = get_##id, __VA_ARGS__};

ROW(pid, .title = "Pid", .type = VALUE_NUMBER, .right = true, .needs = FACT_OWNERS,
    .help = "processes that hold the socket")
ROW(fd, .title = "Fd", .type = VALUE_NUMBER, .right = true, .needs = FACT_OWNERS,
    .help = "file descriptors it is held by")
ROW(parent, .title = "Parent", .type = VALUE_NUMBER, .right = true, .aliases = "ppid",
    .needs = FACT_OWNERS | FACT_PROCESSES, .help = "parents of those processes")
ROW(process_uid, .title = "Process Uid", .type = VALUE_NUMBER, .right = true,
    .needs = FACT_OWNERS, .help = "user ids those processes run as")
ROW(process_user, .title = "Process User", .type = VALUE_TEXT, .needs = FACT_OWNERS,
    .help = "users those processes run as")
ROW(pid_inner, .title = "Inner Pid", .type = VALUE_NUMBER, .right = true, .aliases = "nspid",
    .needs = FACT_OWNERS | FACT_PROCESSES, .help = "their pids in the innermost pid namespace")
ROW(uid_inner, .title = "Inner Uid", .type = VALUE_NUMBER, .right = true,
    .needs = FACT_OWNERS | FACT_PROCESSES,
    .help = "their user ids as their own user namespace counts")
ROW(manager, .title = "Manager", .type = VALUE_TEXT, .needs = FACT_OWNERS | FACT_PROCESSES,
    .help = "who restarts the process: systemd, docker, podman, containerd, cri-o, lxc")
ROW(age, .title = "Age", .type = VALUE_SECONDS, .right = true, .needs = FACT_OWNERS,
    .help = "time since the process started")
ROW(start, .title = "Start", .type = VALUE_TEXT, .aliases = "started", .needs = FACT_OWNERS,
    .help = "when the process started, UTC")

/* A text of struct proc. */
#define TEXT(id, heading, facts, others, words)                                                    \
	GETTER(id)                                                                                 \
	{                                                                                          \
		const struct proc *proc = nth_proc(snap, sock, nth);                               \
		return proc && value_text(ret, proc->id);                                          \
	}                                                                                          \
	ROW(id, .title = heading, .type = VALUE_TEXT, .needs = FACT_OWNERS | (facts),              \
	    .aliases = others, .help = words)

TEXT(comm, "Process", 0, "process command", "short names of the processes that hold the socket")
TEXT(exe, "Exe", FACT_PROCESSES, NULL, "programs they run")
TEXT(cmdline, "Command Line", FACT_PROCESSES, "cmd args", "how they were started")
TEXT(unit, "Unit", FACT_PROCESSES, NULL, "systemd units they belong to")
TEXT(slice, "Slice", FACT_PROCESSES, NULL, "systemd slices they belong to")
TEXT(container, "Container", FACT_PROCESSES, "container_id", "ids of their containers")
TEXT(container_name, "Container Name", FACT_PROCESSES | FACT_CONTAINERS, NULL,
     "names of their containers, by the runtime's word")
TEXT(image, "Image", FACT_PROCESSES | FACT_CONTAINERS, NULL, "images of their containers")
TEXT(pod, "Pod", FACT_PROCESSES, NULL, "Kubernetes pods they belong to")

GETTER(process_cgroup)
{
	const struct proc *proc = nth_proc(snap, sock, nth);

	return proc && value_text(ret, proc->cgroup);
}

ROW(process_cgroup, .title = "Process Cgroup", .type = VALUE_TEXT,
    .needs = FACT_OWNERS | FACT_PROCESSES, .help = "control groups the processes are in")

GETTER(note)
{
	const struct note *note = sock_note(snap, sock, nth);

	return note && value_text(ret, note->text);
}

/* Not of an owner, though found by way of them. */
ROW(note, .title = "Note", .type = VALUE_TEXT, .needs = FACT_NOTES,
    .help = "for which unit it is held, or what of the kernel's has it")
