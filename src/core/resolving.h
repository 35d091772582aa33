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

enum { N_STEP_ADDRS = 8 };

struct resolve_step {
	enum resolve_source source;
	enum resolve_result result;
	struct addr server; /* RESOLVE_DNS */
	uint8_t rcode;
	uint16_t line;	    /* of /etc/hosts */
	struct addr addrs[N_STEP_ADDRS];
	unsigned n_addrs;
	double seconds;
};

struct resolving {
	bool asked;	  /* a name had to be resolved */
	const char *name;
	int gai_error;	  /* EAI_* of the system resolver; 0: found */
	double seconds;
	struct resolve_step *steps;
	size_t n_steps, room_steps;
	bool has_nameserver;  /* resolv.conf names one */
	bool nss_asks_dns;    /* nsswitch.conf "hosts:" leads to the DNS */
	const char *nss_hosts; /* that line; NULL: no such line */
};

#endif
