/* SPDX-License-Identifier: MIT */
/* Every kind of socket of every wanted network namespace; how each kind is read is in its file. */
#include "base/auto.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "core/sock_extra.h"
#include "sources/bound_probe.h"
#include "sources/cgroup_ids.h"
#include "sources/dump.h"
#include "sources/inet_diag.h"
#include "sources/netlink.h"
#include "sources/netns.h"
#include "sources/proc_net.h"
#include "sources/sock_diag.h"
#include "sources/sources.h"

#include <errno.h>
#include <string.h>

static int (*const dumps[N_SOCK_PROTOS])(struct dump *dump, enum sock_proto proto) = {
	[SOCK_PROTO_TCP] = inet_diag_dump,     [SOCK_PROTO_UDP] = inet_diag_dump,
	[SOCK_PROTO_UDPLITE] = inet_diag_dump, [SOCK_PROTO_RAW] = inet_diag_dump,
	[SOCK_PROTO_ICMP] = NULL, /* the kernel has no dump of ping sockets */
	[SOCK_PROTO_UNIX] = unix_diag_dump,    [SOCK_PROTO_PACKET] = packet_diag_dump,
	[SOCK_PROTO_NETLINK] = netlink_diag_dump,
};

/* How reading one protocol went, over all namespaces. */
struct tally {
	bool by_diag, by_proc, inexact;
	bool blind; /* to bound TCP sockets */
	int error; /* of the last namespace that could not be read */
};

struct collection {
	struct dump dump;
	struct tally tallies[N_SOCK_PROTOS];
	uint32_t protos;   /* those asked for that are not there already */
	bool diag_refused; /* by --source=proc */
	bool proc_refused; /* by --source=sock_diag */
	bool probed;	   /* whether bound TCP sockets are shown: once is enough */
};

/*
 * sock_diag, else /proc/net. A protocol that neither knows is not in this kernel: no sockets.
 */
static int read_protocol(struct collection *collection, enum sock_proto proto)
{
	struct dump *dump = &collection->dump;
	struct tally *tally = &collection->tallies[proto];
	int err = -ENOENT;

	if (dumps[proto] && dump->diag) {
		dump->inexact = false;
		err = dumps[proto](dump, proto);
		tally->inexact |= dump->inexact;
		tally->by_diag |= !err;
	}
	if (!err || err == -ENOMEM || collection->proc_refused) {
		tally->error = err ? err : tally->error;
		return err == -ENOMEM ? err : 0;
	}
	err = proc_net_dump(dump, proto);
	tally->by_proc |= !err;
	if (err && err != -ENOENT)
		tally->error = err;
	return err == -ENOMEM ? err : 0;
}

/*
 * Asking for a protocol may make the kernel load its module, so none is asked for in vain. TCP is:
 * TIME_WAIT and others are not counted.
 */
static bool worth_asking(const struct collection *collection, enum sock_proto proto,
			 const uint32_t counts[N_SOCK_PROTOS])
{
	return (counts[proto] || proto == SOCK_PROTO_TCP) &&
	       collection->protos & PROTO_BIT(proto);
}

static int add_namespace_failure(struct snapshot *snap, const struct namespace *netns, int err)
{
	struct coverage *coverage = snapshot_add_coverage(snap);

	if (!coverage)
		return -ENOMEM;
	coverage->source = "netns";
	coverage->how = "setns";
	coverage->level = COVERAGE_NONE;
	coverage->error = -err;
	coverage->what = arena_printf(&snap->arena, "the sockets of network namespace %s: %s",
				      netns->name, strerror(-err));
	coverage->needs = "root, or CAP_SYS_ADMIN and CAP_SYS_PTRACE";
	return 0;
}

static void probe_bound(struct collection *collection)
{
	struct tally *tally = &collection->tallies[SOCK_PROTO_TCP];

	if (!tally->by_diag ||
	    !(collection->dump.request->states & STATE_BIT(SOCK_STATE_BOUND_INACTIVE)))
		return;
	collection->probed = true;
	tally->blind = !bound_sockets_are_shown(collection->dump.diag);
}

/* On a thread inside the namespace. */
static int read_namespace(size_t index, int err, void *data)
{
	AUTO(netlink_close) struct netlink diag = NETLINK_INIT;
	struct collection *collection = data;
	struct dump *dump = &collection->dump;
	const size_t first = dump->snap->n_socks;
	uint32_t counts[N_SOCK_PROTOS], n_mptcp;

	if (err)
		return add_namespace_failure(dump->snap, &dump->snap->namespaces[index], err);
	if (index > UINT16_MAX)
		return 0;
	dump->netns = (uint16_t)index;
	if (!collection->diag_refused && netlink_open(&diag, NETLINK_SOCK_DIAG) == -ENOMEM)
		return -ENOMEM;
	dump->diag = diag.fd < 0 ? NULL : &diag;
	proc_net_counts(counts, &n_mptcp);
	dump->n_expected = counts[SOCK_PROTO_TCP] == UINT32_MAX ? 0 : counts[SOCK_PROTO_TCP];
	dump->no_connections = !counts[SOCK_PROTO_TCP] && proc_net_time_waits() == 0;
	for (enum sock_proto proto = 0; proto < SOCK_PROTO_OTHER && !err; proto++)
		if (worth_asking(collection, proto, counts))
			err = read_protocol(collection, proto);
	if (!collection->probed)
		probe_bound(collection);
	if (!err && dump->diag && n_mptcp && n_mptcp != UINT32_MAX &&
	    collection->protos & PROTO_BIT(SOCK_PROTO_TCP))
		err = inet_diag_mark_mptcp(dump, first);
	return err == -ENOMEM ? err : 0;
}

static int add_coverage(struct snapshot *snap, enum sock_proto proto, const struct tally *tally)
{
	struct coverage *coverage = snapshot_add_coverage(snap);

	if (!coverage)
		return -ENOMEM;
	coverage->source = sock_proto_name(proto);
	coverage->how = tally->by_proc ? "/proc/net" : "sock_diag";
	coverage->level = COVERAGE_FULL;
	coverage->error = -tally->error;
	if (tally->by_proc && proc_net_blind_spots(proto)) {
		coverage->what = proc_net_blind_spots(proto);
		coverage->needs = "sock_diag (CONFIG_INET_DIAG, CONFIG_UNIX_DIAG ... in the kernel)";
		coverage->level = COVERAGE_PARTIAL;
	}
	if (tally->blind) {
		coverage->what = "TCP sockets that are bound, but neither listening nor connected";
		coverage->needs = "Linux 6.8";
		coverage->level = COVERAGE_PARTIAL;
	}
	if (tally->inexact) {
		coverage->what = "sockets that came or went while the kernel listed them";
		coverage->needs = "to be asked again";
		coverage->level = COVERAGE_PARTIAL;
	}
	if (tally->error) {
		coverage->what = arena_printf(&snap->arena, "%s sockets: %s",
					      sock_proto_name(proto), strerror(-tally->error));
		coverage->level = tally->by_diag || tally->by_proc ? COVERAGE_PARTIAL
								   : COVERAGE_NONE;
	}
	return 0;
}

/* Sockets of some protocols may be there already: told by BPF. */
static uint32_t protos_told(const struct snapshot *snap)
{
	uint32_t told = 0;

	for (size_t i = 0; i < snap->n_coverages; i++)
		for (enum sock_proto proto = 0; proto < SOCK_PROTO_OTHER; proto++)
			if (!strcmp(snap->coverages[i].source, sock_proto_name(proto)))
				told |= PROTO_BIT(proto);
	return told;
}

static int sockets_collect(struct snapshot *snap, const struct request *request)
{
	AUTO(cgroup_ids_freep) struct cgroup_ids *cgroups = NULL;
	struct collection collection = {.dump = {.snap = snap, .request = request}};

	collection.protos = request->protos & ~protos_told(snap);
	if (!collection.protos)
		return 0;
	if (request->source) {
		collection.diag_refused = !strcmp(request->source, "proc");
		collection.proc_refused = !strcmp(request->source, "sock_diag");
	}
	if (request->facts & FACT_CGROUP && !(cgroups = cgroup_ids_new()))
		return -ENOMEM;
	collection.dump.cgroups = cgroups;
	int err = netns_run_wanted(snap, read_namespace, &collection);
	for (enum sock_proto proto = 0; proto < SOCK_PROTO_OTHER && !err; proto++)
		if (collection.protos & PROTO_BIT(proto))
			err = add_coverage(snap, proto, &collection.tallies[proto]);
	return err;
}

const struct source source_sockets = {
	.name = "sockets",
	.provides = FACT_SOCKETS,
	.collect = sockets_collect,
};
