/* SPDX-License-Identifier: MIT */
/* After the stop: can the port be bound now, and if not, what is still there. */
#include "commands/free.h"
#include "act/bindable.h"
#include "base/auto.h"
#include "base/duration.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "core/what.h"
#include "sources/sources.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct namespace *namespace_of(const struct snapshot *snap, const struct sock *sock)
{
	return sock->netns && sock->netns < snap->n_namespaces ? &snap->namespaces[sock->netns]
							       : NULL;
}

/* The longest TIME_WAIT on the port, in milliseconds; 0: none. */
static uint32_t time_wait_left(const struct snapshot *now, const struct sock *freed)
{
	uint32_t left = 0;

	for (size_t i = 0; i < now->n_socks; i++) {
		const struct sock *sock = &now->socks[i];
		if (sock->state == SOCK_STATE_TIME_WAIT && sock->local_port == freed->local_port &&
		    sock->timer_ms > left)
			left = sock->timer_ms;
	}
	return left;
}

static void tell_holder(const struct snapshot *now, const struct sock *freed)
{
	for (size_t i = 0; i < now->n_socks; i++) {
		const struct sock *sock = &now->socks[i];
		const struct owner *owner = sock_owner(now, sock, 0);
		if (sock->proto != freed->proto || sock->local_port != freed->local_port)
			continue;
		printf("  still there: %s", sock_state_name(sock->state));
		if (owner)
			printf(" of pid %u\n", owner_proc(now, owner)->pid);
		else
			puts(" without a process");
		return;
	}
}

static struct snapshot *look_again(const struct sock *freed)
{
	const struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS,
		.protos = PROTO_BIT(freed->proto),
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
		.local_port = freed->local_port,
	};
	struct snapshot *now = NULL;

	return sources_collect(&request, &now) ? NULL : now;
}

static int verify_place(const struct freeing *freeing, const struct sock *freed)
{
	const struct namespace *netns = namespace_of(freeing->snap, freed);
	char place[ADDR_TEXT_SIZE + 8], left[DURATION_TEXT_SIZE];
	int error = bindable(netns, freed->proto, &freed->local, freed->local_port, false);

	addr_format_port(&freed->local, freed->local_port, place);
	if (!error) {
		printf("%s %s is free: it can be bound.\n", sock_proto_name(freed->proto), place);
		return EXIT_YES;
	}
	if (error < 0 || error != EADDRINUSE) {
		printf("%s %s: nobody holds it any more; whether it can be bound could not be tried "
		       "(%s).\n",
		       sock_proto_name(freed->proto), place, strerror(error < 0 ? -error : error));
		return error < 0 || error == EACCES ? EXIT_YES : EXIT_NO;
	}
	AUTO(snapshot_freep) struct snapshot *now = look_again(freed);
	const uint32_t waiting = now ? time_wait_left(now, freed) : 0;
	if (!bindable(netns, freed->proto, &freed->local, freed->local_port, true)) {
		printf("%s %s is free for a server that sets SO_REUSEADDR, as most do; for others "
		       "in %s.\n",
		       sock_proto_name(freed->proto), place,
		       waiting ? format_duration_ms(waiting, left) : "a while");
		return EXIT_YES;
	}
	printf("%s %s is not free yet: Address already in use.\n", sock_proto_name(freed->proto),
	       place);
	if (now)
		tell_holder(now, freed);
	return EXIT_NO;
}

int free_verify(const struct freeing *freeing)
{
	const struct plan *plan = &freeing->plan;
	int code = EXIT_YES;

	for (size_t i = 0; i < plan->n_socks; i++) {
		const struct sock *sock = &freeing->snap->socks[plan->socks[i]];
		bool again = false;
		if (plan->holds[i] > PLAN_HOLD_BOUND || !sock_is_inet(sock) || !sock->local_port)
			continue;
		for (size_t k = 0; k < i && !again; k++) {
			const struct sock *other = &freeing->snap->socks[plan->socks[k]];
			again = plan->holds[k] <= PLAN_HOLD_BOUND && other->proto == sock->proto &&
				other->local_port == sock->local_port &&
				other->netns == sock->netns &&
				addr_equal(&other->local, &sock->local);
		}
		if (!again && verify_place(freeing, sock))
			code = EXIT_NO;
	}
	return code;
}
