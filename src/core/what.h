/* SPDX-License-Identifier: MIT */
/*
 * What people point at: a port, an address, a connection, a process, a UNIX socket ... in the
 * spellings of berth, ss, lsof -i and fuser. A WHAT is turned into a filter, so it selects sockets,
 * narrows requests and reads names in the same way.
 *
 *	8080  :8080  8000-8100  80,443  8080/tcp  tcp/8080  tcp:8080  6tcp:80  udp/53  :http
 *	10.0.0.5:80  [::1]:80  10.0.0.5  10.0.0.0/8  db.example:5432  @host:port  tcp@host:port
 *	A:P>B:Q  "tcp A:P -> B:Q"  nginx  http  pid:4242  unit:nginx  user:www  container:ID  inode:N
 *	/run/x.sock  @abstract  and WORD:VALUE for the other words of what_word().
 */
#ifndef BERTH_CORE_WHAT_H
#define BERTH_CORE_WHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"
#include "core/host.h"

struct filter;
struct names;
struct parse_error;
struct request;
struct snapshot;
struct sock;

enum what_kind {
	WHAT_PORT,	 /* .ports of .protos */
	WHAT_ADDRESS,	 /* .addr, and .ports if .has_ports */
	WHAT_CONNECTION, /* both ends */
	WHAT_NAME,	 /* a process by its name, and the service of that name if .has_ports */
	WHAT_UNIX,	 /* a UNIX socket by its name */
	WHAT_FIELD,	 /* pid:, unit:, user: ... */
};

enum { WHAT_MAX_RANGES = 32 };

struct what {
	enum what_kind kind;
	char *text;		 /* as typed */
	uint32_t protos;	 /* bits 1 << enum sock_proto it may be */
	bool has_ports;
	struct port_range ports; /* from the lowest to the highest port named */
	struct port_range ranges[WHAT_MAX_RANGES]; /* each one, as typed */
	uint32_t n_ranges;
	struct addr addr;	 /* family ADDR_NONE: none, or a name with several addresses */
	char *filter_text;	 /* the same as a filter */
	struct filter *filter;
};

/* The WORDs of WORD:VALUE; NULL behind the last. For completion and help. */
const char *what_word(size_t nth);

/* A new WHAT in @ret (what_free() it). 0, -ENOMEM, or -EINVAL with @error set. */
int what_parse(const char *text, const struct names *names, struct what **ret,
	       struct parse_error *error);
void what_free(struct what *what);
static inline void what_freep(struct what **what)
{
	what_free(*what);
}

/*
 * Does @sock hold what was meant? For an address with a port that includes whoever took the port
 * on every address. A connection matches both of its ends.
 */
bool what_matches(const struct what *what, const struct snapshot *snap, const struct sock *sock);

/* filter_narrow() for it. */
void what_narrow(const struct what *what, struct request *request);

#endif
