/* SPDX-License-Identifier: MIT */
/* berth why -- COMMAND: run it, watch its socket calls, explain the first one that fails. */
#include "base/auto.h"
#include "commands/command.h"
#include "commands/why.h"
#include "core/case.h"
#include "core/sock.h"
#include "probe/after.h"
#include "probe/asking.h"
#include "probe/caller.h"
#include "probe/command_rights.h"
#include "probe/command_words.h"
#include "probe/investigate.h"
#include "probe/netstat.h"
#include "probe/resolve.h"
#include "probe/sandboxed.h"
#include "probe/tracer.h"
#include "probe/watched.h"
#include "sources/evidence.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

struct session {
	struct case_facts *facts;
	struct evidence *evidence;
	struct watched watched;
	struct sandboxed sandboxed;
	double timeout_s;
	uint64_t retrans_fail_before;
	const struct invocation *inv;
	char **command;
	bool explained;
};

enum { MAX_ADDRS = 8 };

/* What the program asked of the kernel becomes what was asked. */
static void take_asked(struct case_facts *facts, const struct attempt *attempt,
		       const struct asked *call)
{
	const bool all_netns = facts->asked.all_netns;
	const char *const *command = facts->asked.command;
	char text[ADDR_TEXT_SIZE + 8];
	const struct addr *addr = call->op == CASE_BIND ? &call->addr : &attempt->remote;
	const uint16_t port = call->op == CASE_BIND ? call->port : attempt->remote_port;

	facts->asked = *call;
	facts->asked.all_netns = all_netns;
	facts->asked.command = command;
	facts->asked.addr = *addr;
	facts->asked.port = port;
	facts->asked.uid = facts->caller.known && facts->caller.uid != geteuid()
				   ? (int64_t)facts->caller.uid
				   : -1;
	if (addr->family) {
		addr_format_port(addr, port, text);
		facts->asked.target = arena_dup(&facts->arena, text, strlen(text));
		addr_format(addr, text);
		facts->asked.host = arena_dup(&facts->arena, text, strlen(text));
	}
}

/* The name that led to the address: from the resolver's question, or a word of the command. */
static void find_name(struct session *s, const struct attempt *attempt)
{
	struct case_facts *facts = s->facts;
	struct addr addrs[MAX_ADDRS];
	size_t n = 0;
	char name[256] = "";

	if (facts->resolving.asked)
		return;
	if (*s->watched.dns_name)
		snprintf(name, sizeof(name), "%s", s->watched.dns_name);
	else if (!command_name(s->command, name, sizeof(name)))
		return;
	resolve_name(facts, arena_dup(&facts->arena, name, strlen(name)), addrs, MAX_ADDRS, &n);
	bool ours = !attempt;
	for (size_t i = 0; attempt && i < n; i++)
		ours = ours || addr_equal(&addrs[i], &attempt->remote);
	if (!ours)
		facts->resolving.asked = false; /* another name: it explains nothing */
	else if (attempt && n > 1)
		investigate_others(facts, attempt, addrs, n);
}

static void explain(struct session *s, struct attempt *attempt, const struct asked *asked)
{
	struct case_facts *facts = s->facts;
	uint64_t limit_ns = (uint64_t)((s->timeout_s < 6 ? s->timeout_s : 6) * 1e9);

	s->explained = true;
	facts->until_ns = monotonic_ns() + (uint64_t)(s->timeout_s * 1e9);
	facts->caller.landlocked = s->watched.landlocked;
	caller_read(facts, attempt->pid);
	sandboxed_judge(&s->sandboxed, attempt, &facts->caller);
	take_asked(facts, attempt, asked);
	facts->probes.retrans_fail = (uint32_t)(netstat_counter("TcpExt", "TCPRetransFail") -
						s->retrans_fail_before);
	if (asked->op == CASE_CONNECT && attempt->remote.family) {
		investigate_around(facts, attempt, monotonic_ns() + limit_ns);
		probe_after(facts, attempt, monotonic_ns() + limit_ns);
		find_name(s, attempt);
	}
	evidence_finish(s->evidence, facts);
	why_holders(facts);
	why_firewall(s->inv, facts, s->evidence);
}

static void ended(const struct attempt *attempt, const struct asked *asked, void *data)
{
	struct session *s = data;
	struct attempt *kept = case_add_attempt(s->facts);

	if (!kept)
		return;
	*kept = *attempt;
	if (!attempt->ok && !s->explained)
		explain(s, kept, asked);
	else if (attempt->ok && !s->explained)
		take_asked(s->facts, attempt, asked);
}

static void called(const struct traced_call *call, void *data)
{
	struct session *s = data;

	sandboxed_call(&s->sandboxed, call);
	watched_call(call, &s->watched);
}

static void forked(pid_t parent, pid_t child, void *data)
{
	struct session *s = data;

	sandboxed_forked(&s->sandboxed, parent, child);
	watched_forked(parent, child, &s->watched);
}

static void execed(pid_t pid, void *data)
{
	struct session *s = data;

	watched_execed(pid, &s->watched);
}

/* No call of its own failed, but the command did: a name, or a lone UDP connect(). */
static void explain_rest(struct session *s, int status)
{
	const bool failed = !WIFEXITED(status) || WEXITSTATUS(status);

	if (s->explained || s->facts->n_attempts || !failed)
		return;
	find_name(s, NULL);
	if (s->facts->resolving.asked && s->facts->resolving.gai_error) {
		s->facts->asked.target = s->facts->resolving.name;
		s->facts->asked.host = s->facts->resolving.name;
		evidence_finish(s->evidence, s->facts);
	} else if (s->watched.has_weak) {
		ended(&s->watched.weak, &s->watched.weak_asked, s);
	}
}

int why_command(const struct invocation *inv, struct case_facts *facts, char **command)
{
	struct session s = {.facts = facts, .timeout_s = why_timeout(inv),
			    .inv = inv, .command = command};
	struct tracer_watcher watcher = {
		.data = &s, .call = called, .forked = forked, .execed = execed};
	const char *rights = command_loses_rights(command[0]);
	int status = 0;

	if (rights)
		return failure(inv, "'%s' gets its rights from its file (%s), and the kernel withholds them "
			       "from a watched program: ask as root, or 'berth why connect HOST:PORT'",
			       command[0], rights);
	if (evidence_start(facts, &s.evidence))
		return failure(inv, "out of memory");
	facts->asked.command = (const char *const *)command;
	facts->asked.target = command[0];
	facts->asked.proto = SOCK_PROTO_TCP;
	s.watched.data = &s;
	s.watched.ended = ended;
	s.retrans_fail_before = netstat_counter("TcpExt", "TCPRetransFail");
	sandboxed_init(&s.sandboxed);
	int error = tracer_run(command, &watcher, &status);
	if (error) {
		evidence_free(s.evidence);
		watched_release(&s.watched);
		sandboxed_release(&s.sandboxed);
		return failure(inv, "cannot run and watch '%s': %s", command[0], strerror(-error));
	}
	explain_rest(&s, status);
	int code = why_answer(inv, facts);
	evidence_free(s.evidence);
	watched_release(&s.watched);
	sandboxed_release(&s.sandboxed);
	if (code == EXIT_USAGE)
		return code;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
