/* SPDX-License-Identifier: MIT */
/* What the port rules say of a bind() that was asked about; filled by commands, shown by render. */
#ifndef BERTH_CORE_BIND_RULES_H
#define BERTH_CORE_BIND_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bind_branch {
	int error;	  /* positive errno; 0: allowed */
	const char *rule; /* the rule's id */
	const char *says;
};

enum { MAX_WOULD_PASS = 6 };

struct bind_rules {
	struct bind_branch answer;
	const char *kernel;	/* the kernel function that enforces the rule */
	const char *holder;	/* "nginx[812] tcp LISTEN 0.0.0.0:80, unit nginx.service"; NULL: nobody */
	const char *way;	/* "listening", "bound only", "time-wait" ...; NULL */
	const char *meets;	/* the rule by which two different addresses meet; NULL: they are equal */
	const char *meets_says;
	const char *shared;	/* by whom else the holder is held: "2 processes ..."; NULL */
	uint32_t backlog_cut;	/* the backlog asked for is cut to this; 0: it is not */
	uint32_t wait_ms;	/* TIME_WAIT: until the port is free; 0: none */
	const char *depends_on; /* "reuseport" of .holder; NULL: the answer is certain */
	struct bind_branch if_set, if_clear;
	const char *would_pass[MAX_WOULD_PASS]; /* options with which it would be allowed */
	size_t n_would_pass;
	const char *assumed;	/* a rule of this kernel that decides and was not tried; NULL: none */
	uint16_t free_port;	/* the nearest port that could be bound as asked; 0: none near */
	bool compared;		/* the kernel was asked too, in a way that can be compared */
	bool agrees;
};

#endif
