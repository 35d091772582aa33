/* SPDX-License-Identifier: MIT */
/*
 * One end of a socket as people write it, in ss's syntax: [FAMILY:]ADDRESS[/PREFIX][:PORT], where '*'
 * is any, ports may be names or ranges, and UNIX names are wildcards.
 */
#ifndef BERTH_CORE_HOST_MATCH_H
#define BERTH_CORE_HOST_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/glob.h"
#include "core/addr.h"
#include "core/host.h"

struct arena;
struct names;
struct parse_error;
struct snapshot;
struct sock;

enum host_match_kind {
	HOST_MATCH_ANY,	  /* every socket: '*' */
	HOST_MATCH_INET,	  /* .family .addrs .bits .ports */
	HOST_MATCH_UNIX,	  /* .glob on the name */
	HOST_MATCH_LINK,    /* packet sockets: .number is the ethertype, .text the device */
	HOST_MATCH_NETLINK, /* .number is the netlink family, .text the port id or "kernel" */
};

/* What a host without FAMILY means: ss's -f. */
enum host_match_default {
	HOST_MATCH_DEFAULT_NONE, /* inet or inet6; UNIX for '/...' and '@...' */
	HOST_MATCH_DEFAULT_INET,
	HOST_MATCH_DEFAULT_INET6,
	HOST_MATCH_DEFAULT_UNIX,
	HOST_MATCH_DEFAULT_LINK,
	HOST_MATCH_DEFAULT_NETLINK,
};

struct host_match {
	enum host_match_kind kind;
	uint8_t family;		  /* ADDR_IPV4 or _IPV6: only sockets of it; ADDR_NONE: both */
	uint8_t bits;		  /* how many bits of .addrs count */
	bool any_number;
	const struct addr *addrs; /* any of them; NULL: every address */
	size_t n_addrs;
	struct port_range ports;  /* 0 to 65535: every port */
	struct glob glob;
	uint32_t number;
	const char *text;	  /* NULL: any */
};

struct host_match_text {
	const char *text;    /* NUL-terminated */
	const char *pattern; /* the same with '\' before plain '*?[]\'; NULL: none is plain */
	size_t column;	     /* of its first byte, for errors */
	enum host_match_default otherwise;
	const struct names *names; /* NULL: no names but those of well-known services */
};

/* Memory comes from @arena. 0, -EINVAL with @error set, -ENOMEM. */
int host_match_parse(const struct host_match_text *text, struct arena *arena, struct host_match *ret,
		     struct parse_error *error);

/* "80", ":80", "http", "8000-8100", "*": as after 'sport ='. */
int host_match_parse_ports(const struct host_match_text *text, struct port_range *ret,
			   struct parse_error *error);

/* The local or remote end of @sock. An IPv4 address matches IPv4-mapped IPv6 sockets, as in ss. */
bool host_match_is(const struct host_match *match, const struct snapshot *snap,
		      const struct sock *sock, bool remote);

static inline bool host_match_any_port(const struct host_match *match)
{
	return !match->ports.low && match->ports.high == UINT16_MAX;
}

#endif
