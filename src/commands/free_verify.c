/* SPDX-License-Identifier: MIT */
/* After the stop: can the port be bound now, and if not, what is still there. */
#include "commands/free.h"
#include "act/bindable.h"
#include "base/auto.h"
#include "base/duration.h"
#include "base/escape.h"
#include "core/facts.h"
#include "core/snapshot.h"
#include "core/what.h"
#include "sources/sources.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct namespace *namespace_of(const struct snapshot *snap, const struct sock *sock)
{
	return sock->netns && sock->netns < snap->n_namespaces ? &snap->namespaces[sock->netns]
							       : NULL;
}

static struct snapshot *look_again(const struct freeing *freeing, const struct sock *freed)
{
	const struct request request = {
		.facts = FACT_SOCKETS | FACT_OWNERS,
		.protos = PROTO_BIT(freed->proto),
		.states = STATES_ALL,
		.ipv4 = true,
		.ipv6 = true,
		.local_port = freed->local_port,
		.netns_choice = option_value(freeing->inv, "netns") ? NETNS_ONE : NETNS_SELF,
		.netns = option_value(freeing->inv, "netns"),
	};
	struct snapshot *now = NULL;

	return sources_collect(&request, &now) ? NULL : now;
}

/* The more it is in the way, the higher: a listener, then connections, then TIME_WAIT. */
static unsigned weight(const struct sock *sock)
{
	if (sock->state == SOCK_STATE_TIME_WAIT)
		return 1;
	return sock_is_open_port(sock) || sock->state == SOCK_STATE_BOUND_INACTIVE ? 3 : 2;
}

/* What of the port is left: the longest TIME_WAIT, unless there is worse. */
static void find_left(const struct snapshot *now, const struct sock *freed, struct free_place *ret)
{
	unsigned heaviest = 0;

	for (size_t i = 0; i < now->n_socks; i++) {
		const struct sock *sock = &now->socks[i];
		if (sock->proto != freed->proto || sock->local_port != freed->local_port ||
		    weight(sock) < heaviest ||
		    (weight(sock) == heaviest && sock->timer_ms <= ret->left_ms))
			continue;
		const struct owner *owner = sock_owner(now, sock, 0);
		heaviest = weight(sock);
		ret->is_left = true;
		ret->left_state = (uint8_t)sock->state;
		ret->left_pid = owner ? owner_proc(now, owner)->pid : 0;
		ret->left_ms = sock->state == SOCK_STATE_TIME_WAIT ? sock->timer_ms : 0;
	}
}

static void try_place(const struct freeing *freeing, struct free_place *place)
{
	const struct sock *freed = place->sock;
	const struct namespace *netns = namespace_of(freeing->snap, freed);

	place->error = bindable(netns, freed->proto, &freed->local, freed->local_port, false);
	if (place->error != EADDRINUSE)
		return;
	AUTO(snapshot_freep) struct snapshot *now = look_again(freeing, freed);
	if (now)
		find_left(now, freed, place);
	place->with_reuseaddr =
		!bindable(netns, freed->proto, &freed->local, freed->local_port, true);
}

/* A UNIX socket's name outlives it in the file system, and bind() refuses a name that is there. */
static void try_path(const struct freeing *freeing, struct free_place *place)
{
	size_t len;
	const char *name = snapshot_text(freeing->snap, place->sock->name, &len);
	struct stat found;

	if (len && *name && !lstat(name, &found))
		place->error = EADDRINUSE;
}

static void say_path(const struct freeing *freeing, const struct free_place *place)
{
	AUTO(strbuf_release) struct strbuf safe = STRBUF_INIT;
	size_t len;
	const char *name = snapshot_text(freeing->snap, place->sock->name, &len);

	escape_add(&safe, name, len);
	free_say(freeing, place->error ? "%s: nobody listens any more. Its file is still there: a server that "
					 "does not remove it first meets Address already in use.\n"
				       : "%s is free: it can be bound.\n",
		 safe.text);
}

static void say_left(const struct freeing *freeing, const struct free_place *place, char *where)
{
	const char *proto = sock_proto_name(place->sock->proto);
	const char *state = sock_state_name(place->left_state);
	char text[DURATION_TEXT_SIZE];

	if (place->with_reuseaddr) {
		free_say(freeing, "%s %s is free for a server that sets SO_REUSEADDR, as most do; for others ",
			 proto, where);
		if (place->left_ms)
			free_say(freeing, "in %s (TIME_WAIT).\n",
				 format_duration_ms(place->left_ms, text));
		else
			free_say(freeing, "when its last connection has ended%s%s%s.\n",
				 place->is_left ? " (" : "", place->is_left ? state : "",
				 place->is_left ? ")" : "");
		return;
	}
	free_say(freeing, "%s %s is not free yet: Address already in use.\n", proto, where);
	if (place->is_left && place->left_pid)
		free_say(freeing, "  still there: %s of pid %u\n", state, place->left_pid);
	else if (place->is_left)
		free_say(freeing, "  still there: %s without a process that could be seen\n", state);
}

static void say_place(const struct freeing *freeing, const struct free_place *place)
{
	const struct sock *freed = place->sock;
	char where[ADDR_TEXT_SIZE + 8];

	addr_format_port(&freed->local, freed->local_port, where);
	if (!place->error)
		free_say(freeing, "%s %s is free: it can be bound.\n", sock_proto_name(freed->proto),
			 where);
	else if (place->error == EADDRINUSE)
		say_left(freeing, place, where);
	else
		free_say(freeing, "%s %s: nobody holds it any more; whether it can be bound could not "
				  "be tried (%s).\n",
			 sock_proto_name(freed->proto), where,
			 strerror(place->error < 0 ? -place->error : place->error));
}

static bool is_free(const struct free_place *place)
{
	return place->error <= 0 || place->error == EACCES || place->with_reuseaddr ||
	       place->sock->proto == SOCK_PROTO_UNIX;
}

static bool was_seen(const struct freeing *freeing, const struct sock *sock)
{
	for (size_t i = 0; i < freeing->n_places; i++) {
		const struct sock *other = freeing->places[i].sock;
		assert(other);
		if (other->proto == sock->proto && other->local_port == sock->local_port &&
		    other->netns == sock->netns && addr_equal(&other->local, &sock->local))
			return true;
	}
	return false;
}

int free_verify(struct freeing *freeing)
{
	const struct plan *plan = &freeing->plan;
	int code = EXIT_YES;

	freeing->places = calloc(plan->n_socks + 1, sizeof(*freeing->places));
	if (!freeing->places)
		return failure(freeing->inv, "out of memory");
	for (size_t i = 0; i < plan->n_socks; i++) {
		const struct sock *sock = &freeing->snap->socks[plan->socks[i]];
		const bool is_path = sock->proto == SOCK_PROTO_UNIX;
		struct free_place *place = &freeing->places[freeing->n_places];
		if (plan->holds[i] > PLAN_HOLD_BOUND || (is_path && !sock->name) ||
		    (!is_path && (!sock_is_inet(sock) || !sock->local_port || was_seen(freeing, sock))))
			continue;
		place->sock = sock;
		if (is_path)
			try_path(freeing, place);
		else
			try_place(freeing, place);
		freeing->n_places++;
		if (is_path)
			say_path(freeing, place);
		else
			say_place(freeing, place);
		if (!is_free(place))
			code = EXIT_NO;
	}
	return code;
}
