/* SPDX-License-Identifier: MIT */
/* Local resources that release themselves: AUTO(x_freep) names the release where the thing is made. */
#ifndef BERTH_BASE_AUTO_H
#define BERTH_BASE_AUTO_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AUTO(release) __attribute__((cleanup(release)))

/* Hand a pointer over: yields @p and leaves NULL behind, so that AUTO has nothing to free. */
#define take(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) take_p_ = (p);                                                       \
		(p) = NULL;                                                                        \
		take_p_;                                                                           \
	})

/* The same for a file descriptor; leaves -1. */
static inline int take_fd(int *fd)
{
	int old = *fd;

	*fd = -1;
	return old;
}

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void closep(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

#endif
