/* SPDX-License-Identifier: MIT */
/* The sockets in the way of a bind or of a chosen source port. */
#include "sources/port_holders.h"
#include "base/auto.h"
#include "core/case.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "sources/place_sockets.h"
#include "sources/sources.h"

#include <string.h>

enum { MAX_HOLDERS = 4096, MAX_PROCESSES = 64 };

static bool is_wanted(const struct asked *asked, const struct sock *sock)
{
	if (sock->proto != asked->proto)
		return false;
	if (asked->op == CASE_BIND)
		return !asked->port || sock->local_port == asked->port;
	return (asked->bind_port && sock->local_port == asked->bind_port) ||
	       (sock->remote_port == asked->port &&
		!memcmp(sock->remote.bytes, asked->addr.bytes, sizeof(sock->remote.bytes)));
}

int port_holders_collect(struct case_facts *facts)
{
	const struct asked *asked = &facts->asked;
	const uint16_t port = asked->op == CASE_BIND ? asked->port : asked->bind_port;
	AUTO(snapshot_freep) struct snapshot *snap = NULL;
	struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS | FACT_PROCESSES | FACT_REUSE | FACT_SOCKOPT,
		.protos = PROTO_BIT(asked->proto),
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
		.local_port = port,
		.netns_choice = NETNS_SELF,
	};

	if (!facts->n_places || facts->places[0].n_sockets)
		return 0;
	int error = sources_collect(&request, &snap);
	if (error)
		return error;
	for (size_t i = 0; i < snap->n_socks && facts->places[0].n_sockets < MAX_HOLDERS; i++)
		if (is_wanted(asked, &snap->socks[i]))
			place_add_socket(&facts->arena, &facts->places[0], snap, &snap->socks[i]);
	for (size_t i = 0; i < facts->places[0].n_processes && i < MAX_PROCESSES; i++)
		process_facts_read(&facts->arena, &facts->places[0].processes[i]);
	facts->places[0].known |= PLACE_SOCKETS;
	return 0;
}
