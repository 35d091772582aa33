/* SPDX-License-Identifier: MIT */
/* Which network namespaces were not seen, and what it takes to see them. */
#include "sources/netns_coverage.h"
#include "core/snapshot.h"
#include "sources/bpf_choice.h"
#include "sources/proc_dir.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define RIGHTS "root, or CAP_SYS_ADMIN and CAP_SYS_PTRACE"

/* Those that there is no way into. */
static uint32_t count_closed(const struct snapshot *snap)
{
	uint32_t n = 0;

	for (size_t i = 0; i < snap->n_namespaces; i++) {
		const struct namespace *netns = &snap->namespaces[i];
		n += !netns->is_self && !netns->path && !netns->id;
	}
	return n;
}

static void tell_gap(struct coverage *coverage, const char *what, const char *needs)
{
	if (!what)
		return;
	coverage->level = COVERAGE_PARTIAL;
	coverage->what = what;
	coverage->needs = needs;
}

/* What would have shown those that no process lives in. */
static const char *list_needs(void)
{
	if (!bpf_is_allowed())
		return "CAP_BPF and CAP_PERFMON";
	return proc_in_first_pid_namespace() ? "no other --source than bpf" : PROC_OUTSIDE_NEEDS;
}

/* The largest gap last. */
int netns_add_coverage(struct snapshot *snap, const struct netns_asked *asked, bool all,
		       enum netns_certainty certainty)
{
	struct coverage *coverage = snapshot_add_coverage(snap);
	const uint32_t others = (uint32_t)snap->n_namespaces - 1, closed = count_closed(snap);
	const bool unsure = asked->unreadable && certainty != NETNS_ALL_KNOWN;

	if (!coverage)
		return -ENOMEM;
	*coverage = (struct coverage){.source = "netns",
				      .how = certainty == NETNS_ALL_KNOWN ? "bpf" : "/proc",
				      .level = COVERAGE_FULL,
				      .seen = all ? others + 1 - closed : 1,
				      .total = others + 1};
	if (all && certainty == NETNS_NOT_SEARCHED)
		tell_gap(coverage, "network namespaces that only open files or sockets keep",
			 list_needs());
	else if (unsure)
		tell_gap(coverage,
			 arena_printf(&snap->arena,
				      "the network namespaces of %" PRIu32 " of %" PRIu32 " processes",
				      asked->unreadable, asked->processes),
			 all && !geteuid() ? "ptrace access to them: they have more rights than this root"
					   : RIGHTS);
	if (all && closed)
		tell_gap(coverage,
			 arena_printf(&snap->arena, "the sockets of %" PRIu32
				      " network namespace%s that nothing leads to",
				      closed, closed > 1 ? "s" : ""),
			 "Linux 6.18");
	if (others && !all)
		tell_gap(coverage,
			 arena_printf(&snap->arena,
				      "the sockets of %" PRIu32 " other network namespace%s%s",
				      others, others > 1 ? "s" : "", unsure ? " or more" : ""),
			 RIGHTS);
	return 0;
}
