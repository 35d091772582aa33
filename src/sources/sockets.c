/* SPDX-License-Identifier: MIT */
/* Every kind of socket of every wanted network namespace; how each kind is read is in its file. */
#include "base/auto.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "core/sock_extra.h"
#include "sources/cgroup_ids.h"
#include "sources/dump.h"
#include "sources/inet_diag.h"
#include "sources/netlink.h"
#include "sources/sources.h"

#include <errno.h>
#include <string.h>

struct kind {
	enum sock_proto proto;
	int (*dump)(struct dump *dump, enum sock_proto proto);
};

static const struct kind kinds[] = {
	{.proto = SOCK_PROTO_TCP, .dump = inet_diag_dump},
	{.proto = SOCK_PROTO_UDP, .dump = inet_diag_dump},
};

static int add_coverage(struct dump *dump, const struct kind *kind, int err)
{
	struct coverage *coverage = snapshot_add_coverage(dump->snap);

	if (!coverage)
		return -ENOMEM;
	coverage->source = sock_proto_name(kind->proto);
	coverage->how = "sock_diag";
	coverage->level = err ? COVERAGE_NONE : COVERAGE_FULL;
	coverage->error = -err;
	return 0;
}

static int sockets_collect(struct snapshot *snap, const struct request *request)
{
	AUTO(netlink_close) struct netlink diag = NETLINK_INIT;
	AUTO(cgroup_ids_freep) struct cgroup_ids *cgroups = NULL;
	struct dump dump = {.snap = snap, .request = request, .diag = &diag};

	if (dump_wants(&dump, FACT_CGROUP) && !(cgroups = cgroup_ids_new()))
		return -ENOMEM;
	dump.cgroups = cgroups;
	int err = netlink_open(&diag, NETLINK_SOCK_DIAG);
	for (size_t i = 0; i < N_ELEMENTS(kinds) && err != -ENOMEM; i++) {
		if (!(request->protos & PROTO_BIT(kinds[i].proto)))
			continue;
		int failed = err ? err : kinds[i].dump(&dump, kinds[i].proto);
		err = failed == -ENOMEM ? failed : add_coverage(&dump, &kinds[i], failed);
	}
	return err == -ENOMEM ? err : 0;
}

const struct source source_sockets = {
	.name = "sockets",
	.provides = FACT_SOCKETS,
	.collect = sockets_collect,
};
