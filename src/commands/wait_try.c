/* SPDX-License-Identifier: MIT */
/* One look at a place that is waited for. */
#include "commands/wait.h"
#include "act/bindable.h"
#include "probe/knock.h"
#include "probe/lookup.h"
#include "sources/inet_lookup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX_ADDRESSES = 16, KNOCK_LIMIT_MS = 2000, LOOKS_A_KNOCK = 8 };

/* Is it an address of this host? Whoever can be bound is. */
static bool is_local(const struct addr *addr)
{
	return addr_is_loopback(addr) || !bindable(NULL, SOCK_PROTO_UDP, addr, 0, false);
}

/*
 * A look at the kernel's tables instead of a handshake: costs microseconds, disturbs no server and
 * needs no right.
 */
enum wait_table wait_ask_table(enum sock_proto proto, const struct addr *addr, uint16_t port)
{
	static const uint8_t loopback6[16] = {[15] = 1};
	const struct addr loopback = addr->family == ADDR_IPV4 ? addr_ipv4(0x7f000001)
							       : addr_ipv6(loopback6, 0);
	/* who dials the wildcard reaches the loopback */
	const struct addr *at = addr_is_any(addr) ? &loopback : addr;
	const struct inet_packet packet = {
		.proto = proto,
		.local = *at,
		.remote = *at,
		.local_port = port,
		.remote_port = 1,
	};
	struct sock sock;
	int err = inet_lookup(NULL, &packet, &sock);

	return !err ? SOMEBODY_LISTENS : err == -ENOENT ? NOBODY_LISTENS : CANNOT_TELL;
}

static enum wait_table ask_tables(const struct wait_target *target, const struct addr *addresses,
				  size_t n)
{
	enum wait_table all = NOBODY_LISTENS;

	for (size_t i = 0; i < n; i++) {
		enum wait_table one = wait_ask_table(SOCK_PROTO_TCP, &addresses[i], target->endpoint.port);
		if (one == CANNOT_TELL)
			return one;
		if (one == SOMEBODY_LISTENS)
			all = one;
	}
	return all;
}

/*
 * Do the tables decide? A listener that was to be gone and is still there, or a port still without
 * one, needs no handshake. But NAT may answer where nobody listens, and a listener may be deaf; so
 * one is tried every now and then.
 */
static bool tables_decide(const struct waiting *waiting, struct wait_target *target,
			  const struct addr *addresses, size_t n)
{
	if (!target->local || target->forwarded || !target->n_tries)
		return false;
	const enum wait_table says = ask_tables(target, addresses, n);
	if (says == CANNOT_TELL || (says == SOMEBODY_LISTENS && !waiting->gone))
		return false;
	/* silence is the end of waiting: make sure */
	if (says == NOBODY_LISTENS && waiting->gone && target->answers)
		return false;
	if (target->by_events ? target->by_hand : target->n_tries % LOOKS_A_KNOCK == 0)
		return false;
	target->answers = says == SOMEBODY_LISTENS;
	target->silent = !target->answers;
	if (target->silent)
		snprintf(target->state, sizeof(target->state), "%s", strerror(ECONNREFUSED));
	return true;
}

static void note(struct wait_target *target, const struct knock *knock)
{
	if (knock_answered(knock))
		target->answers = true;
	else if (knock->http_status)
		snprintf(target->state, sizeof(target->state), "HTTP status %d", knock->http_status);
	else if (knock->error != ETIMEDOUT || !*target->state)
		/* a last try that the limit cut short says less than an earlier one */
		snprintf(target->state, sizeof(target->state), "%s", strerror(knock->error));
}

void wait_try(const struct waiting *waiting, struct wait_target *target, uint64_t left_ms)
{
	struct knock knocks[MAX_ADDRESSES] = {};
	struct addr addresses[MAX_ADDRESSES];
	const char *why_not = NULL;
	const unsigned limit = left_ms < KNOCK_LIMIT_MS ? (unsigned)left_ms : KNOCK_LIMIT_MS;
	if (target->kind == WAIT_UNIX) {
		wait_try_unix(target, waiting->gone);
		return;
	}
	size_t n = lookup_addresses(target->endpoint.host, limit, addresses, MAX_ADDRESSES, &why_not);

	target->local = target->has_addresses = n > 0;
	for (size_t i = 0; i < n; i++)
		target->local = target->local && is_local(&addresses[i]);
	if (n && target->kind == WAIT_UDP) {
		wait_try_udp(target, addresses, n);
		return;
	}
	const bool decided = tables_decide(waiting, target, addresses, n);
	target->n_tries++;
	if (decided)
		return;
	target->answers = false;
	if (!n)
		snprintf(target->state, sizeof(target->state), "%s", why_not);
	for (size_t i = 0; i < n; i++)
		knocks[i] = (struct knock){.addr = addresses[i],
					   .port = target->endpoint.port,
					   .http_path = waiting->http_path,
					   .host = target->endpoint.host};
	knock_all(knocks, n, limit, waiting->watcher.waits ? &waiting->watcher : NULL);
	target->silent = n > 0;
	for (size_t i = 0; i < n; i++) {
		note(target, &knocks[i]);
		target->silent = target->silent && knocks[i].error == ECONNREFUSED;
	}
}
