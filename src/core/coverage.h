/* SPDX-License-Identifier: MIT */
/* What a source could see: not seeing everything is normal, so it is data and part of the answer. */
#ifndef BERTH_CORE_COVERAGE_H
#define BERTH_CORE_COVERAGE_H

#include <stdint.h>

enum coverage_level {
	COVERAGE_NOT_ASKED = 0,
	COVERAGE_NONE,	  /* the source could tell nothing */
	COVERAGE_PARTIAL, /* what it told is right but not all */
	COVERAGE_FULL,
};

struct coverage {
	const char *source; /* "tcp", "owners", "unix" ...: stable, for JSON and --how */
	const char *how;    /* by what means: "sock_diag", "/proc/net", "/proc/PID/fd", "bpf" */
	enum coverage_level level;
	int error;	    /* a positive errno or 0 */
	uint32_t seen;	    /* of @total things (processes, namespaces, ...); 0/0 where not counted */
	uint32_t total;
	const char *what;   /* what could not be seen: "owners of 37 of 412 processes"; or NULL */
	const char *needs;  /* what would show it: "root, or CAP_BPF and CAP_PERFMON"; or NULL */
};

#endif
