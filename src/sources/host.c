/* SPDX-License-Identifier: MIT */
/* Each wanted namespace's own facts: its sysctls, interfaces and addresses. */
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/interfaces.h"
#include "sources/netns.h"
#include "sources/sources.h"
#include "sources/sysctls.h"

#include <errno.h>
#include <string.h>

struct reading {
	struct snapshot *snap;
	struct namespace *netns;
	const char *failed; /* what could not be read in some namespace */
	int error;
};

/* On a thread inside the namespace. */
static int read_namespace(void *data)
{
	struct reading *reading = data;
	struct host *host = &reading->netns->host;
	int err = sysctls_read(host, &reading->snap->arena);

	if (err) {
		reading->failed = "the port ranges of this host (Linux's defaults are assumed)";
		reading->error = err;
	}
	err = interfaces_read(host, &reading->snap->arena);
	if (err && err != -ENOMEM) {
		reading->failed = "interfaces and addresses";
		reading->error = err;
	}
	return err == -ENOMEM ? err : 0;
}

static int host_collect(struct snapshot *snap, const struct request *request)
{
	struct reading reading = {.snap = snap};
	const struct namespace *first = NULL;

	for (size_t i = 0; i < snap->n_namespaces; i++) {
		if (!snap->namespaces[i].wanted)
			continue;
		reading.netns = &snap->namespaces[i];
		int err = netns_run(reading.netns, read_namespace, &reading);
		if (err == -ENOMEM)
			return err;
		if (err) {
			reading.failed = "namespaces that could not be entered";
			reading.error = err;
		}
		first = first ? first : reading.netns;
	}
	if (first)
		snap->host = first->host;
	struct coverage *coverage = snapshot_add_coverage(snap);
	if (!coverage)
		return -ENOMEM;
	coverage->source = "host";
	coverage->how = "/proc/sys/net, rtnetlink";
	coverage->level = reading.failed ? COVERAGE_PARTIAL : COVERAGE_FULL;
	coverage->error = -reading.error;
	coverage->what = reading.failed;
	return 0;
}

const struct source source_host = {
	.name = "host",
	.provides = FACT_HOST,
	.collect = host_collect,
};
