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
	const char *failed; /* what could not be read in some namespace */
	int error;
};

static void note(struct reading *reading, const char *failed, int err)
{
	reading->failed = failed;
	reading->error = err;
}

/* On a thread inside the namespace. */
static int read_namespace(size_t index, int err, void *data)
{
	struct reading *reading = data;
	struct host *host = &reading->snap->namespaces[index].host;

	if (err) {
		note(reading, "namespaces that could not be entered", err);
		return 0;
	}
	err = sysctls_read(host, &reading->snap->arena);
	if (err)
		note(reading, "the port ranges of this host (Linux's defaults are assumed)", err);
	err = interfaces_read(host, &reading->snap->arena);
	if (err)
		note(reading, "interfaces and addresses", err);
	return err == -ENOMEM ? err : 0;
}

/* The first namespace that the question is about. */
static const struct namespace *first_wanted(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_namespaces; i++)
		if (snap->namespaces[i].wanted)
			return &snap->namespaces[i];
	return NULL;
}

static int host_collect(struct snapshot *snap, const struct request *request)
{
	struct reading reading = {.snap = snap};
	const struct namespace *first = first_wanted(snap);
	int err = netns_run_wanted(snap, read_namespace, &reading);

	if (err)
		return err;
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
