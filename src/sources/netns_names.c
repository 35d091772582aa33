/* SPDX-License-Identifier: MIT */
/*
 * Names for the network namespaces that nothing but a file, a mount, a thread or a socket keeps. Any
 * way in will do to read their sockets, so they are named only once it is clear that there are some:
 * it takes a look into all processes.
 */
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/netns_search.h"
#include "sources/sources.h"

static int netns_names_collect(struct snapshot *snap, const struct request *request)
{
	(void)request;
	for (size_t i = 0; i < snap->n_namespaces; i++)
		if (snap->namespaces[i].nameless)
			return netns_search_names(snap);
	return 0;
}

const struct source source_netns_names = {
	.name = "netns_names",
	.provides = FACT_SOCKETS,
	.collect = netns_names_collect,
};
