/* SPDX-License-Identifier: MIT */
/* The list of sources, in the order they run: what later ones look up, earlier ones provide. */
#include "sources/sources.h"
#include "base/auto.h"
#include "base/clock.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "core/sock_extra.h"

#include <errno.h>
#include <time.h>

#define SOURCES(X)	\
	X(netns)	\
	X(host)		\
	X(bpf_sockets)	\
	X(sockets)	\
	X(netns_names)	\
	X(owners)	\
	X(sock_options)	\
	X(kernel_held)	\
	X(processes)	\
	X(containers)	\
	X(activation)	\
	X(docker_proxy)	\
	X(forwards)	\
	X(translations)	\
	X(users)

#define DECLARE(name) extern const struct source source_##name;
SOURCES(DECLARE)
#undef DECLARE

static const struct source *const sources[] = {
#define ROW(name) &source_##name,
	SOURCES(ROW)
#undef ROW
};

/* Sources of owners find sockets by inode, so the index must exist before they run. */
static int index_for(struct snapshot *snap, const struct source *source, size_t *n_indexed)
{
	if (!(source->provides & (FACT_OWNERS | FACT_PROCESSES)) || *n_indexed == snap->n_socks ||
	    (snap->no_inodes && source == &source_owners))
		return 0;
	*n_indexed = snap->n_socks;
	return snapshot_index(snap);
}

/* Notes are about what is held, and by what kind of program; NAT may stand between two ends. */
static void widen(struct request *request)
{
	if (request->facts & FACT_NOTES)
		request->facts |= FACT_OWNERS | FACT_PROCESSES;
	if (request->facts & FACT_PAIRS)
		request->facts |= FACT_TRANSLATIONS;
}

int sources_collect(const struct request *asked, struct snapshot **ret_snap)
{
	struct request widened = *asked;
	const struct request *request = &widened;
	AUTO(snapshot_freep) struct snapshot *snap = snapshot_new();
	size_t n_indexed = 0; /* sockets in the index */

	if (!snap)
		return -ENOMEM;
	widen(&widened);
	snap->taken_ns = clock_ns(CLOCK_REALTIME);
	snap->boot_ns = snap->taken_ns - clock_ns(CLOCK_BOOTTIME);
	for (size_t i = 0; i < N_ELEMENTS(sources); i++) {
		if (!(sources[i]->provides & request->facts))
			continue;
		int err = index_for(snap, sources[i], &n_indexed);
		if (!err)
			err = sources[i]->collect(snap, request);
		if (err)
			return err;
	}
	int err = snapshot_index(snap);
	if (err)
		return err;
	*ret_snap = take(snap);
	return 0;
}
