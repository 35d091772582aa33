/* SPDX-License-Identifier: MIT */
/* Questions about the attempt. */
#include "diagnose/symptom.h"
#include "core/sock.h"

#include <errno.h>
#include <string.h>

bool is_silent(const struct attempt *a)
{
	if (a->ok || a->connected || a->n_icmps)
		return false;
	if (a->phase == PHASE_CONNECT)
		return a->timed_out || a->error == ETIMEDOUT;
	return a->proto == SOCK_PROTO_UDP && a->phase == PHASE_RECV && a->timed_out;
}

bool is_reset_refused(const struct attempt *a)
{
	return !a->ok && a->proto == SOCK_PROTO_TCP && a->error == ECONNREFUSED &&
	       a->phase == PHASE_CONNECT && !first_icmp(a);
}

bool is_after_connect(const struct attempt *a)
{
	return !a->ok && a->connected;
}

const struct icmp_seen *first_icmp(const struct attempt *a)
{
	for (unsigned i = 0; i < a->n_icmps; i++)
		if (!a->icmps[i].is_local && a->icmps[i].from.family)
			return &a->icmps[i];
	return NULL;
}

bool same_host(const struct addr *a, const struct addr *b)
{
	struct addr x = addr_unmapped(a), y = addr_unmapped(b);

	x.scope = y.scope = 0;
	return addr_equal(&x, &y);
}

bool is_own_address(const struct case_facts *facts, const struct addr *addr)
{
	const struct place *own = case_own_place(facts);

	if (addr_is_loopback(addr))
		return true;
	for (size_t i = 0; own && i < own->n_addresses; i++)
		if (same_host(&own->addresses[i].addr, addr))
			return true;
	for (size_t i = 0; i < facts->n_attempts; i++)
		if (facts->attempts[i].local.family && same_host(&facts->attempts[i].local, addr))
			return true;
	return false;
}

const char *remote_text(const struct attempt *a, char *text)
{
	return addr_format_port(&a->remote, a->remote_port, text);
}

const struct probe *last_answering_hop(const struct probes *probes)
{
	for (unsigned i = probes->n_ladder; i-- > 0;)
		if (probes->ladder[i].answer == PROBE_ICMP)
			return &probes->ladder[i];
	return NULL;
}
