/* SPDX-License-Identifier: MIT */
/*
 * DNS messages by libc's own functions for questions and names (res_mkquery(), dn_expand()), as the
 * system's resolver uses them. c-ares could read no more out of them, asks the servers in its own
 * order without telling what each one said, and would be one library more.
 */
#include "probe/dns.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>

enum { MAX_RECORDS = 64, OPT_SIZE = 11 };

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* The pseudo record of EDNS0 (RFC 6891 6.1.2): the root, type OPT, our size, no flags, no data. */
static size_t add_opt(uint8_t *packet, size_t len, uint16_t size)
{
	const uint8_t opt[OPT_SIZE] = {0, 0, ns_t_opt, (uint8_t)(size >> 8), (uint8_t)size};

	memcpy(packet + len, opt, sizeof(opt));
	packet[11] = 1; /* one additional record */
	return len + sizeof(opt);
}

size_t dns_query(uint8_t *packet, size_t size, uint16_t id, const char *name, uint16_t type,
		 uint16_t edns_size)
{
	if (!*name || size <= NS_HFIXEDSZ + OPT_SIZE)
		return 0;
	const int len = res_mkquery(ns_o_query, name, ns_c_in, type, NULL, 0, NULL, packet,
				    (int)(size - OPT_SIZE));
	if (len < NS_HFIXEDSZ)
		return 0;
	packet[0] = (uint8_t)(id >> 8);
	packet[1] = (uint8_t)id;
	return edns_size ? add_opt(packet, (size_t)len, edns_size) : (size_t)len;
}

struct record {
	uint16_t type;
	size_t n;
	const uint8_t *data;
};

/* The record at *@at (RFC 1035 3.2.1), and *@at behind it; false if it runs out of the message. */
static bool next_record(const uint8_t **at, const uint8_t *end, struct record *ret)
{
	enum { TYPE = 0, LENGTH = 8, FIXED = 10 };
	const int name = dn_skipname(*at, end);

	if (name < 0 || end - *at - name < FIXED)
		return false;
	const uint8_t *fixed = *at + name;
	*ret = (struct record){get16(fixed + TYPE), get16(fixed + LENGTH), fixed + FIXED};
	if ((size_t)(end - ret->data) < ret->n)
		return false;
	*at = ret->data + ret->n;
	return true;
}

/* Behind the questions; NULL if they run out of the message. */
static const uint8_t *skip_questions(const uint8_t *packet, size_t len)
{
	const uint8_t *at = packet + NS_HFIXEDSZ, *end = packet + len;

	for (unsigned n = get16(packet + 4); n; n--) {
		const int name = dn_skipname(at, end);
		if (name < 0 || end - at - name < NS_QFIXEDSZ)
			return NULL;
		at += name + NS_QFIXEDSZ;
	}
	return at;
}

static void add_address(struct resolve_step *step, const struct record *r)
{
	if (step->n_addrs == N_STEP_ADDRS)
		return;
	if (r->type == ns_t_a && r->n == NS_INADDRSZ)
		step->addrs[step->n_addrs++] =
			addr_ipv4((uint32_t)get16(r->data) << 16 | get16(r->data + 2));
	else if (r->type == ns_t_aaaa && r->n == NS_IN6ADDRSZ)
		step->addrs[step->n_addrs++] = addr_ipv6(r->data, 0);
}

static enum resolve_result result_of(uint8_t rcode, bool found)
{
	return found			      ? RESOLVE_FOUND
	       : rcode == ns_r_nxdomain ? RESOLVE_NO_NAME
	       : rcode == ns_r_servfail ? RESOLVE_SERVFAIL
	       : rcode			      ? RESOLVE_REFUSED
					      : RESOLVE_NO_DATA;
}

/* Found by either type; else what went wrong rather than what is merely not there. */
static void sum_up(struct resolve_step *step, unsigned nth, uint8_t rcode, bool found)
{
	step->by_type[nth] = result_of(rcode, found);
	if (step->n_addrs)
		step->result = RESOLVE_FOUND;
	else if (step->result == RESOLVE_SILENT || step->result == RESOLVE_FOUND ||
		 step->by_type[nth] > step->result)
		step->result = step->by_type[nth];
	if (rcode > step->rcode)
		step->rcode = rcode;
}

bool dns_parse(const uint8_t *packet, size_t len, uint16_t id, uint16_t type,
	       struct resolve_step *step)
{
	const unsigned before = step->n_addrs;
	struct record record;

	if (len < NS_HFIXEDSZ || get16(packet) != id || !(packet[2] & 0x80))
		return false;
	const bool cut = packet[2] & 0x02;
	const uint8_t *end = packet + len, *at = skip_questions(packet, len);
	step->truncated = step->truncated || cut;
	for (unsigned i = 0; at && i < get16(packet + 6) && i < MAX_RECORDS; i++) {
		if (!next_record(&at, end, &record))
			break;
		if (record.type == ns_t_cname &&
		    dn_expand(packet, end, record.data, step->alias, sizeof(step->alias)) < 0)
			step->alias[0] = '\0';
		else if (record.type == type)
			add_address(step, &record);
	}
	sum_up(step, type == DNS_TYPE_AAAA ? RESOLVE_AAAA : RESOLVE_A, packet[3] & 0x0f,
	       step->n_addrs > before);
	return true;
}

bool dns_question(const uint8_t *packet, size_t len, char *name, size_t size)
{
	if (len < NS_HFIXEDSZ + 1 + NS_QFIXEDSZ || !get16(packet + 4))
		return false;
	return dn_expand(packet, packet + len, packet + NS_HFIXEDSZ, name, (int)size) > 0 && *name;
}
