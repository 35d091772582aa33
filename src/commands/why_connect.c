/* SPDX-License-Identifier: MIT */
/* berth why connect, berth why bind: try it and gather everything around it. */
#include "base/auto.h"
#include "commands/command.h"
#include "commands/progress.h"
#include "commands/why.h"
#include "core/case.h"
#include "probe/asking.h"
#include "probe/attempting.h"
#include "probe/caller.h"
#include "probe/investigate.h"
#include "probe/netstat.h"
#include "probe/resolve.h"
#include "sources/evidence.h"
#include "sources/port_holders.h"

#include <errno.h>

enum { MAX_ADDRS = 8 };

void why_holders(struct case_facts *facts)
{
	const struct attempt *a = case_subject(facts);

	if (a && !a->ok && (a->error == EADDRINUSE || a->error == EADDRNOTAVAIL) &&
	    port_holders_collect(facts))
		case_add_unseen(facts, "sockets of this host", "sock_diag or /proc/net");
}

struct showing {
	struct progress progress;
	const char *target;
	uint64_t started_ns;
};

static void show(const char *what, void *data)
{
	struct showing *showing = data;
	const double seconds = (double)(monotonic_ns() - showing->started_ns) / 1e9;

	progress_say(&showing->progress, "%s: %s ... %.0f s", showing->target, what, seconds);
}

int why_connect(const struct invocation *inv, struct case_facts *facts)
{
	AUTO(evidence_freep) struct evidence *evidence = NULL;
	struct showing showing = {.target = facts->asked.target, .started_ns = monotonic_ns()};
	struct addr addrs[MAX_ADDRS];
	size_t n_addrs = 0;

	progress_start(&showing.progress, inv);
	facts->watcher = (struct case_watcher){.doing = show, .data = &showing};
	facts->until_ns = showing.started_ns + (uint64_t)(why_timeout(inv) * 1e9);
	int error = evidence_start(facts, &evidence);
	if (error)
		return failure(inv, "out of memory");
	uint64_t before = netstat_counter("TcpExt", "TCPRetransFail");
	if (facts->asked.addr.family)
		addrs[n_addrs++] = facts->asked.addr;
	else
		resolve_name(facts, facts->asked.host, addrs, MAX_ADDRS, &n_addrs);
	error = investigate_connect(facts, addrs, n_addrs);
	if (error) {
		progress_end(&showing.progress);
		return failure(inv, "out of memory");
	}
	case_doing(facts, "looking at what this machine knows");
	facts->probes.retrans_fail =
		(uint32_t)(netstat_counter("TcpExt", "TCPRetransFail") - before);
	caller_read(facts, 0);
	evidence_finish(evidence, facts);
	why_holders(facts);
	progress_end(&showing.progress);
	facts->watcher = (struct case_watcher){};
	why_firewall(inv, facts, evidence);
	return why_answer(inv, facts);
}

int why_bind(const struct invocation *inv, struct case_facts *facts)
{
	AUTO(evidence_freep) struct evidence *evidence = NULL;

	int error = evidence_start(facts, &evidence);
	struct attempt *attempt = error ? NULL : case_add_attempt(facts);
	if (!attempt)
		return failure(inv, "out of memory");
	attempt_bind(attempt, &facts->asked);
	caller_read(facts, 0);
	evidence_finish(evidence, facts);
	why_holders(facts);
	why_rules(inv, facts);
	return why_answer(inv, facts);
}
