/* SPDX-License-Identifier: MIT */
/* DNS messages (RFC 1035 4.1): no more of them than "which addresses has this name". */
#ifndef BERTH_PROBE_DNS_H
#define BERTH_PROBE_DNS_H

#include <stddef.h>
#include <stdint.h>

#include "core/resolving.h"

enum { DNS_TYPE_A = 1, DNS_TYPE_AAAA = 28, DNS_PACKET_SIZE = 1232, DNS_TCP_SIZE = 65535 };

/*
 * Write a query as libc does, with @edns_size (0: none) as the answer's size told by EDNS0
 * (RFC 6891); returns its length, or 0 if @name cannot be asked for.
 */
size_t dns_query(uint8_t *packet, size_t size, uint16_t id, const char *name, uint16_t type,
		 uint16_t edns_size);

/*
 * Read the answer to the query @id for @type: fills result, by_type, rcode, alias, truncated and
 * addrs of @step (addresses are added). False if it is not an answer to that query.
 */
bool dns_parse(const uint8_t *packet, size_t len, uint16_t id, uint16_t type,
	       struct resolve_step *step);

/* The name of the first question of a query or answer; false if there is none. */
bool dns_question(const uint8_t *packet, size_t len, char *name, size_t size);

struct case_facts;

/*
 * Ask up to N_RESOLV_SERVERS servers for both address types of @name, all at the same time and
 * silent ones twice, at most until @until_ns; by @facts->resolving.conf with EDNS0 or over TCP, and
 * over TCP what was cut short. Fills @steps[0..n-1], whose .server and .name are set. @facts is told
 * of the wait.
 */
void dns_ask(const struct case_facts *facts, const char *name, uint64_t until_ns,
	     struct resolve_step *steps, unsigned n);

#endif
