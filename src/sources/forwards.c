/* SPDX-License-Identifier: MIT */
/* What serves ports without a socket, in every namespace that the question is about. */
#include "base/auto.h"
#include "core/facts.h"
#include "core/forward.h"
#include "core/forward_iptables.h"
#include "core/nft.h"
#include "core/snapshot.h"
#include "sources/iptables.h"
#include "sources/netns.h"
#include "sources/nftables.h"
#include "sources/proc_dir.h"
#include "sources/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

enum { IPVS_BYTES = 256 * 1024 };

struct visit {
	struct snapshot *snap;
	uint16_t netns;
	int denied; /* the last -errno of asking nftables */
};

static int add_forward(const struct forward *forward, void *data)
{
	const struct visit *visit = data;
	struct forward *copy = snapshot_add_forward(visit->snap);

	if (!copy)
		return -ENOMEM;
	*copy = *forward;
	copy->netns = visit->netns;
	return 0;
}

static int read_nft(struct visit *visit)
{
	struct nft_ruleset ruleset;
	int err = nftables_read(&visit->snap->arena, &ruleset);

	if (err) {
		visit->denied = err;
		return err == -ENOMEM ? err : 0;
	}
	return forward_from_nft(&ruleset, add_forward, visit);
}

/* Legacy tables are not nftables' business, though both may be in use. */
static int read_legacy(struct visit *visit)
{
	struct iptables *iptables = arena_alloc(&visit->snap->arena, sizeof(*iptables));
	int err = iptables ? 0 : -ENOMEM;

	if (!err)
		iptables_read(&visit->snap->arena, iptables);
	for (size_t i = 0; !err && i < iptables->n_tables; i++)
		if (!strcmp(iptables->tables[i].name, "nat") ||
		    !strcmp(iptables->tables[i].name, "mangle"))
			err = forward_from_iptables(&visit->snap->arena, &iptables->tables[i],
						    add_forward, visit);
	return err;
}

static int read_ipvs(struct visit *visit)
{
	AUTO(freep) char *text = malloc(IPVS_BYTES);
	long len = text ? proc_dir_read(AT_FDCWD, "/proc/thread-self/net/ip_vs", text, IPVS_BYTES)
			: -ENOMEM;

	if (!text)
		return -ENOMEM;
	return len > 0 ? forward_from_ipvs(text, add_forward, visit) : 0;
}

static int read_sk_lookup(struct visit *visit)
{
	AUTO(closep) int netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	uint32_t ids[16] = {};
	union bpf_attr attr = {};
	int err = 0;

	attr.query.target_fd = (uint32_t)netns;
	attr.query.attach_type = BPF_SK_LOOKUP;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = N_ELEMENTS(ids);
	/* without the right to ask, or on kernels before 5.9, there is nothing to tell */
	if (netns < 0 || syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)))
		return 0;
	for (uint32_t i = 0; i < attr.query.prog_cnt && i < N_ELEMENTS(ids) && !err; i++) {
		struct forward forward = {
			.kind = FORWARD_SK_LOOKUP,
			.proto = SOCK_PROTO_OTHER,
			.ports = {0, UINT16_MAX},
			.by = arena_printf(&visit->snap->arena, "BPF program %u", ids[i]),
		};
		err = add_forward(&forward, visit);
	}
	return err;
}

static int look(void *data)
{
	int err = read_nft(data);

	if (!err)
		err = read_legacy(data);
	if (!err)
		err = read_ipvs(data);
	return err ? err : read_sk_lookup(data);
}

static int collect(struct snapshot *snap, const struct request *request)
{
	int denied = 0;

	for (size_t i = 0; i < snap->n_namespaces; i++) {
		struct visit visit = {.snap = snap, .netns = (uint16_t)i};
		if (!snap->namespaces[i].wanted)
			continue;
		int err = netns_run(&snap->namespaces[i], look, &visit);
		if (err == -ENOMEM)
			return err;
		denied = visit.denied ? visit.denied : denied;
	}
	struct coverage *coverage = snapshot_add_coverage(snap);
	if (!coverage)
		return -ENOMEM;
	*coverage = (struct coverage){
		.source = "forwards",
		.how = "nftables, iptables, IPVS, sk_lookup",
		.level = denied ? COVERAGE_NONE : COVERAGE_FULL,
		.error = -denied,
		.what = denied ? "ports that NAT rules serve" : NULL,
		.needs = !denied	    ? NULL
			 : denied == -ENOSYS ? "libnftables1"
					     : "CAP_NET_ADMIN",
	};
	return 0;
}

const struct source source_forwards = {
	.name = "forwards",
	.provides = FACT_NAT,
	.collect = collect,
};
