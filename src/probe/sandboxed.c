/* SPDX-License-Identifier: MIT */
/* Follows prctl(PR_SET_SECCOMP) and seccomp(SECCOMP_SET_MODE_FILTER). */
#include "probe/sandboxed.h"
#include "core/case.h"
#include "core/seccomp.h"
#include "core/sock.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#else
#define OWN_ARCH 0 /* filters look at it first: then nothing is claimed */
#endif

enum { MAX_FILTERS = 64 };

struct installed_filter {
	pid_t pid;
	struct seccomp_filter_code filter;
};

void sandboxed_init(struct sandboxed *sandboxed)
{
	*sandboxed = (struct sandboxed){};
	arena_init(&sandboxed->arena);
}

void sandboxed_release(struct sandboxed *sandboxed)
{
	arena_release(&sandboxed->arena);
}

static void add(struct sandboxed *s, pid_t pid, const struct seccomp_filter_code *filter)
{
	struct installed_filter *f = arena_push(&s->arena, &s->filters, &s->n, &s->room, sizeof(*f));

	if (f)
		*f = (struct installed_filter){pid, *filter};
}

static void read_filter(struct sandboxed *s, const struct traced_call *call, uint64_t address)
{
	struct sock_fprog program; /* the tracee is of our own architecture */
	struct seccomp_filter_code filter;

	if (tracer_read(call->tid, address, &program, sizeof(program)) != sizeof(program) ||
	    !program.len || program.len > BPF_MAXINSNS)
		return;
	const size_t size = program.len * sizeof(struct sock_filter);
	struct sock_filter *code = arena_alloc(&s->arena, size);
	if (!code || tracer_read(call->tid, (uintptr_t)program.filter, code, size) != size)
		return;
	filter = (struct seccomp_filter_code){code, program.len};
	add(s, call->pid, &filter);
}

void sandboxed_call(struct sandboxed *s, const struct traced_call *call)
{
	s->last = *call;
	landlocked_call(&s->landlocked, call);
	if (!call->is_exit || call->result < 0)
		return;
	if (call->number == __NR_seccomp && call->args[0] == SECCOMP_SET_MODE_FILTER)
		read_filter(s, call, call->args[2]);
	else if (call->number == __NR_prctl && call->args[0] == PR_SET_SECCOMP &&
		 call->args[1] == SECCOMP_MODE_FILTER)
		read_filter(s, call, call->args[2]);
}

void sandboxed_forked(struct sandboxed *s, pid_t parent, pid_t child)
{
	const size_t n = s->n;

	landlocked_forked(&s->landlocked, parent, child);
	for (size_t i = 0; i < n; i++)
		if (s->filters[i].pid == parent) {
			const struct seccomp_filter_code filter = s->filters[i].filter;
			add(s, child, &filter);
		}
}

static size_t of_process(const struct sandboxed *s, struct seccomp_filter_code *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n && n < MAX_FILTERS; i++)
		if (s->filters[i].pid == s->last.pid)
			ret[n++] = s->filters[i].filter;
	return n;
}

/* All filters, inherited ones too: for CAP_SYS_ADMIN outside of any filter (ptrace(2)). */
static size_t of_kernel(const struct sandboxed *s, struct arena *arena,
			struct seccomp_filter_code *ret)
{
	size_t n = 0;

	for (; n < MAX_FILTERS; n++) {
		long count = ptrace(PTRACE_SECCOMP_GET_FILTER, s->last.tid, n, NULL);
		if (count <= 0 || count > BPF_MAXINSNS)
			break;
		struct sock_filter *code = arena_alloc(arena, (size_t)count * sizeof(*code));
		if (!code || ptrace(PTRACE_SECCOMP_GET_FILTER, s->last.tid, n, code) != count)
			break;
		ret[n] = (struct seccomp_filter_code){code, (size_t)count};
	}
	return n;
}

static void judge_seccomp(const struct sandboxed *s, int error, struct caller *caller)
{
	struct seccomp_filter_code filters[MAX_FILTERS];
	struct seccomp_data call = {.nr = (int)s->last.number, .arch = OWN_ARCH};
	struct arena arena;
	uint32_t action;

	if (!OWN_ARCH || !error || !s->last.is_exit || s->last.result != -error)
		return;
	memcpy(call.args, s->last.args, sizeof(call.args));
	arena_init(&arena);
	size_t n = of_kernel(s, &arena, filters);
	if (!n)
		n = of_process(s, filters);
	if (n && seccomp_decide(filters, n, &call, &action) && seccomp_errno(action) == error) {
		caller->seccomp_refuses = true;
		caller->seccomp_error = error;
	}
	arena_release(&arena);
}

void sandboxed_judge(const struct sandboxed *s, const struct attempt *attempt, struct caller *caller)
{
	const bool is_bind = attempt->phase == PHASE_BIND;

	judge_seccomp(s, attempt->error, caller);
	if (attempt->proto == SOCK_PROTO_TCP && attempt->error == EACCES &&
	    (is_bind || attempt->phase == PHASE_CONNECT))
		caller->landlock_refuses = landlocked_denies(
			&s->landlocked, s->last.pid, is_bind,
			is_bind ? attempt->local_port : attempt->remote_port);
}
