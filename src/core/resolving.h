/* SPDX-License-Identifier: MIT */
/* How a name became addresses, step by step. */
#ifndef BERTH_CORE_RESOLVING_H
#define BERTH_CORE_RESOLVING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/addr.h"

enum resolve_source {
	RESOLVE_HOSTS_FILE,
	RESOLVE_DNS,
	RESOLVE_SYSTEM, /* getaddrinfo(): what programs get */
};

enum resolve_result {
	RESOLVE_FOUND,
	RESOLVE_NO_NAME,  /* not in the file; NXDOMAIN */
	RESOLVE_NO_DATA,  /* the name exists, without an address of this family */
	RESOLVE_SERVFAIL,
	RESOLVE_REFUSED,  /* the server answered REFUSED or another error: .rcode */
	RESOLVE_SILENT,	  /* no answer in time */
	RESOLVE_CLOSED,	  /* ICMP port unreachable: nothing listens there */
	RESOLVE_UNREACHABLE, /* could not be sent */
};

enum { N_STEP_ADDRS = 8, N_RESOLV_SERVERS = 3, N_RESOLV_SEARCH = 6 };

/* resolv.conf(5) with what RES_OPTIONS and LOCALDOMAIN change of it. */
struct resolv_conf {
	struct addr servers[N_RESOLV_SERVERS];
	unsigned n_servers;
	const char *search[N_RESOLV_SEARCH];
	unsigned n_search;
	unsigned ndots, timeout_s, attempts;
	bool rotate, use_vc, edns0, trust_ad;
};

/*
 * How many seconds a program waits for one name that no server answers (res_send.c of glibc: each
 * attempt asks every server, a later one for as long as doubled and shared among them).
 */
static inline unsigned resolv_conf_patience(const struct resolv_conf *conf)
{
	unsigned once = 0;

	for (unsigned i = 0; i < conf->n_servers; i++) {
		const unsigned wait = (conf->timeout_s << i) / (i ? conf->n_servers : 1);
		once += wait ? wait : 1;
	}
	return once * conf->attempts;
}

enum { RESOLVE_A, RESOLVE_AAAA, N_RESOLVE_TYPES };

struct resolve_step {
	enum resolve_source source;
	enum resolve_result result;
	struct addr server; /* RESOLVE_DNS */
	const char *name;   /* RESOLVE_DNS: the name that was asked for, search domain included */
	uint8_t rcode;	    /* of the worse of the two answers */
	enum resolve_result by_type[N_RESOLVE_TYPES];
	char alias[256];    /* where CNAME records lead; "": none */
	bool truncated;	    /* cut short over UDP, so asked again over TCP */
	bool by_tcp;	    /* answered over TCP */
	int tcp_error;	    /* positive errno of asking over TCP; 0: none */
	uint16_t line;	    /* of /etc/hosts */
	struct addr addrs[N_STEP_ADDRS];
	unsigned n_addrs;
	double seconds;
};

struct resolving {
	bool asked;	  /* a name had to be resolved */
	const char *name;
	int gai_error;	  /* EAI_* of the system resolver; 0: found */
	struct addr addrs[N_STEP_ADDRS]; /* of that resolver, in its order (RFC 6724) */
	unsigned n_addrs;
	bool system_answered; /* that resolver came to an end in the time there was */
	struct resolv_conf conf;
	double seconds;
	struct resolve_step *steps;
	size_t n_steps, room_steps;
	bool has_nameserver;  /* resolv.conf names one */
	bool nss_asks_dns;    /* nsswitch.conf "hosts:" leads to the DNS */
	const char *nss_hosts; /* that line; NULL: no such line */
};

#endif
