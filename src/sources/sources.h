/* SPDX-License-Identifier: MIT */
/*
 * Fill a snapshot from the kernel. Each source is a row; sources_collect() asks those that provide
 * what the request needs and appends what each could not see to snap->coverages.
 */
#ifndef BERTH_SOURCES_SOURCES_H
#define BERTH_SOURCES_SOURCES_H

#include <stdint.h>

struct snapshot;
struct request;

struct source {
	const char *name;
	uint32_t provides; /* enum fact */
	/* 0, or -errno when not even a partial answer was possible (coverage then says why). */
	int (*collect)(struct snapshot *snap, const struct request *request);
};

/* A new, indexed snapshot in @ret_snap (caller frees). 0 or -errno (-ENOMEM: nothing is set). */
int sources_collect(const struct request *request, struct snapshot **ret_snap);

#endif
