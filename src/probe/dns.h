/* SPDX-License-Identifier: MIT */
/* Asks one DNS server one question over UDP and reads the answer (RFC 1035 4.1). */
#ifndef BERTH_PROBE_DNS_H
#define BERTH_PROBE_DNS_H

#include <stddef.h>
#include <stdint.h>

#include "core/resolving.h"

enum { DNS_TYPE_A = 1, DNS_TYPE_AAAA = 28, DNS_PACKET_SIZE = 1232 };

/* Write a query; returns its length, or 0 if @name cannot be one. */
size_t dns_query(uint8_t *packet, size_t size, uint16_t id, const char *name, uint16_t type);

/*
 * Read the answer to the query @id: fills result, rcode and addrs of @step (addresses of the type
 * asked are added). False if it is not an answer to that query; never reads past @len.
 */
bool dns_parse(const uint8_t *packet, size_t len, uint16_t id, struct resolve_step *step);

/* The name of the first question of a query or answer, with dots; false if there is none. */
bool dns_question(const uint8_t *packet, size_t len, char *name, size_t size);

enum { DNS_MAX_SERVERS = 3 };

struct case_facts;

/*
 * Ask up to DNS_MAX_SERVERS servers for both address types, all at the same time, twice each, at
 * most until @until_ns; fills @steps[0..n-1], whose .server is set. @facts is told of the wait.
 */
void dns_ask(const struct case_facts *facts, const char *name, uint64_t until_ns,
	     struct resolve_step *steps, unsigned n);

#endif
