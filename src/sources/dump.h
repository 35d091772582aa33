/* SPDX-License-Identifier: MIT */
/* What every socket source works on: one namespace's share of a snapshot. */
#ifndef BERTH_SOURCES_DUMP_H
#define BERTH_SOURCES_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/facts.h"
#include "core/snapshot.h"

struct netlink;
struct cgroup_ids;

struct dump {
	struct snapshot *snap;
	const struct request *request;
	struct netlink *diag;	    /* a sock_diag socket of the namespace; .fd -1: refused */
	struct cgroup_ids *cgroups; /* NULL unless FACT_CGROUP */
	uint32_t n_expected;	    /* about how many TCP sockets there will be */
	bool no_connections;	    /* TCP: nothing but bound sockets, as far as counted */
	uint16_t netns;		    /* index of the namespace */
	bool inexact;		    /* a dump stayed inconsistent after all retries */
};

static inline bool dump_wants(const struct dump *dump, enum fact fact)
{
	return (dump->request->facts & fact) != 0;
}

#endif
