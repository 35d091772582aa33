/* SPDX-License-Identifier: MIT */
/*
 * Does anybody answer? One TCP handshake an address, all of them at the same time, and on wish one
 * HTTP request. Sends nothing else, closes at once.
 */
#ifndef BERTH_PROBE_KNOCK_H
#define BERTH_PROBE_KNOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

struct knock {
	struct addr addr;
	uint16_t port;
	const char *http_path; /* NULL: the handshake is enough */
	const char *host;      /* for the Host header; needed with .http_path */
	int error;	       /* out: 0 answered; else a positive errno, ETIMEDOUT after the limit */
	int http_status;       /* out: 200, 404 ...; 0: no HTTP answer */
};

/* Told now and then that it still goes on. */
struct knock_watcher {
	void (*waits)(void *data);
	void *data;
};

/*
 * Try them all; returns when each is decided or @limit_ms is over. 0 or -errno of poll(). @watcher
 * may be NULL.
 */
int knock_all(struct knock *knocks, size_t n, unsigned limit_ms,
	      const struct knock_watcher *watcher);

/* Answered as wished: the handshake, and with .http_path a status of 2xx or 3xx. */
static inline bool knock_answered(const struct knock *knock)
{
	return !knock->error &&
	       (!knock->http_path || (knock->http_status >= 200 && knock->http_status < 400));
}

#endif
