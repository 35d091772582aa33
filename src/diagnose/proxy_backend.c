/* SPDX-License-Identifier: MIT */
/* The listener is a proxy whose own connection failed just when ours was reset or closed. */
#include "core/sock.h"
#include "diagnose/rule.h"
#include "diagnose/symptom.h"

#include <errno.h>
#include <string.h>

static const struct place_socket *listener_of(const struct place *place, uint16_t port)
{
	for (size_t i = 0; i < place->n_sockets; i++)
		if (place->sockets[i].state == SOCK_STATE_LISTEN &&
		    place->sockets[i].local_port == port &&
		    place->sockets[i].netns == place->netns)
			return &place->sockets[i];
	return NULL;
}

/* A connection that was made at the target, not ours, and failed. */
static const struct kernel_event *failed_backend(const struct case_facts *facts,
						 const struct place *place, uint16_t port)
{
	for (size_t i = 0; i < facts->n_events; i++) {
		const struct kernel_event *e = &facts->events[i];
		if (e->kind != KERNEL_EVENT_SOCKET_ERROR || e->netns != place->netns ||
		    e->src_port == port || !e->dst_port || e->direction != EVENT_RELATED)
			continue;
		if (e->error == ECONNREFUSED || e->error == EHOSTUNREACH ||
		    e->error == ENETUNREACH || e->error == ETIMEDOUT)
			return e;
	}
	return NULL;
}

static void find(const struct case_facts *facts, struct findings *to)
{
	const struct attempt *a = case_subject(facts);
	const struct path_hop *hop = path_target(&facts->forward);
	char backend[ADDR_TEXT_SIZE + 8], remote[ADDR_TEXT_SIZE + 8];

	if (!a || a->ok || !hop || !hop->dst_port || a->proto != SOCK_PROTO_TCP ||
	    !(is_after_connect(a) || a->error == ECONNRESET))
		return;
	const struct place *place = &facts->places[hop->place];
	const struct place_socket *listener = listener_of(place, hop->dst_port);
	const struct kernel_event *e = listener ? failed_backend(facts, place, hop->dst_port) : NULL;
	if (!e)
		return;
	const struct place_process *p = listener->n_pids ? place_process(place, listener->pids[0])
							 : NULL;
	struct finding *f = finding_add(to, CAUSE_PROXY_BACKEND_DEAD, PROOF_KERNEL);
	if (f)
		f->bonus = 50;
	addr_format_port(&e->dst, e->dst_port, backend);
	finding_place(to, f, "%s", place_label(to, facts, place));
	finding_says(to, f, "%s is a proxy (pid %u, %s): its own connection to %s fails (%s), so it ends "
			    "ours.", remote_text(a, remote), listener->n_pids ? listener->pids[0] : 0,
		     p && p->comm ? p->comm : "?", backend, strerrorname_np(e->error));
	finding_evidence(to, f, "tracepoint", "a socket in %s got %s from %s while we were connected",
			 place_label(to, facts, place), strerrorname_np(e->error), backend);
	finding_fix(to, f, "start what should listen on %s, or correct the proxy's configuration",
		    backend);
}

const struct rule rule_proxy_backend = {.name = "proxy-backend", .find = find};
