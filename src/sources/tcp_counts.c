/* SPDX-License-Identifier: MIT */
/* Namespace by namespace, from /proc/net/protocols and /proc/net/sockstat. */
#include "sources/tcp_counts.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/netns.h"
#include "sources/proc_net.h"

#include <errno.h>
#include <stddef.h>

struct counts {
	uint64_t n_in_use;
	bool has_others; /* or may have */
};

/* On a thread inside the namespace. */
static int count_namespace(size_t index, int err, void *data)
{
	struct counts *counts = data;
	uint32_t in_use[N_SOCK_PROTOS], n_mptcp;

	(void)index;
	if (!err)
		proc_net_counts(in_use, &n_mptcp);
	if (err || in_use[SOCK_PROTO_TCP] == UINT32_MAX || proc_net_has_unowned()) {
		counts->has_others = true;
		return -ECANCELED; /* no need to ask the others */
	}
	counts->n_in_use += in_use[SOCK_PROTO_TCP];
	return 0;
}

bool tcp_counts_are(struct snapshot *snap, uint64_t n_held)
{
	struct counts counts = {0};

	if (netns_run_wanted(snap, count_namespace, &counts) || counts.has_others)
		return false;
	return counts.n_in_use == n_held;
}

bool tcp_counts_pay(const struct snapshot *snap, uint64_t n)
{
	enum { A_VISIT = 1000 }; /* takes as long as so many sockets */
	uint64_t n_visits = 0;

	for (size_t i = 0; i < snap->n_namespaces; i++)
		n_visits += snap->namespaces[i].wanted;
	return n >= A_VISIT * n_visits;
}

size_t tcp_counts_expect(const struct request *request)
{
	uint32_t in_use[N_SOCK_PROTOS], n_mptcp;

	if (request->states != STATES_ALL || !request->ipv4 || !request->ipv6)
		return 0;
	if (netns_all_wanted(request))
		return proc_net_tcp_allocated();
	if (request->netns_choice == NETNS_ONE)
		return 0;
	proc_net_counts(in_use, &n_mptcp);
	return in_use[SOCK_PROTO_TCP] == UINT32_MAX ? 0 : in_use[SOCK_PROTO_TCP];
}
