/* SPDX-License-Identifier: MIT */
/* The process whose call is explained: the watched program's, or berth itself as it was asked. */
#ifndef BERTH_CORE_CALLER_H
#define BERTH_CORE_CALLER_H

#include <stdbool.h>
#include <stdint.h>

struct proxy_variable {
	const char *name; /* "http_proxy" */
	const char *value;
};

struct caller {
	bool known;
	uint32_t pid;
	uint32_t uid;
	uint64_t capabilities; /* effective, over its own user namespace */
	uint64_t userns, netns, netns_owner; /* inodes; netns_owner: user namespace that owns netns */
	uint8_t seccomp;       /* 0 off, 1 strict, 2 filters */
	uint32_t seccomp_filters;
	bool no_new_privs;
	bool landlocked;       /* restricted itself by landlock_restrict_self() while watched */
	bool landlock_refuses; /* by the rules that it was seen to make */
	bool seccomp_refuses;  /* its filters, evaluated for this call, return an error ... */
	int seccomp_error;     /* ... this errno */
	const char *cgroup;    /* path in the unified hierarchy; NULL: not known */
	bool same_cgroup;      /* berth's own probes ran in the same cgroup */
	uint32_t n_fds, max_fds;
	struct proxy_variable proxies[6]; /* of its environment */
	unsigned n_proxies;
};

#endif
