/* SPDX-License-Identifier: MIT */
/* Chooses the events of our flow among those that src/bpf/drops.bpf.c saw. */
#include "sources/drops.h"
#include "base/auto.h"
#include "bpf/wire_drops.h"
#include "core/case.h"
#include "sources/drops_load.h"
#include "sources/kernel_names.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { ETHER_IP6 = 0x86dd };

static struct addr address_of(const struct wire_event *e, const uint8_t *bytes)
{
	if (e->ether == ETHER_IP6) {
		struct addr six = addr_ipv6(bytes, 0);
		return addr_unmapped(&six);
	}
	uint32_t four;
	memcpy(&four, bytes, sizeof(four));
	return addr_ipv4(ntohl(four));
}

static bool same(const struct addr *a, const struct addr *b)
{
	return a->family && a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* One end of the flow in one of its forms: as dialled, or as a hop translated it. */
struct end {
	struct addr client, server;
	uint16_t client_port, server_port;
};

enum { N_ENDS = 40 };

struct flow_ends {
	struct end all[N_ENDS];
	unsigned n;
};

static void add_end(struct flow_ends *ends, const struct addr *client, uint16_t client_port,
		    const struct addr *server, uint16_t server_port)
{
	if (ends->n < N_ENDS && server->family)
		ends->all[ends->n++] = (struct end){addr_unmapped(client), addr_unmapped(server),
						    client_port, server_port};
}

static void find_ends(const struct case_facts *facts, struct flow_ends *ends)
{
	const struct path *there = &facts->forward;

	for (size_t i = 0; i < facts->n_attempts && i < N_ENDS / 2; i++) {
		const struct attempt *a = &facts->attempts[i];
		struct addr client = a->local;
		if (!client.family && there->n)
			client = there->hops[0].src;
		add_end(ends, &client, a->local_port, &a->remote, a->remote_port);
	}
	for (unsigned i = 0; i < there->n; i++) {
		const struct path_hop *h = &there->hops[i];
		add_end(ends, &h->src, h->src_port, &h->dst, h->dst_port);
		if (h->sent_dst.family)
			add_end(ends, &h->sent_src, h->sent_src_port, &h->sent_dst, h->sent_dst_port);
	}
}

static bool port_fits(uint16_t ours, uint16_t seen)
{
	return !ours || ours == seen;
}

/* To which direction of the flow does an event belong? False: not ours. */
static bool classify(const struct flow_ends *ends, const struct kernel_event *e,
		     enum event_direction *ret)
{
	const bool has_ports = e->ip_proto == IPPROTO_TCP || e->ip_proto == IPPROTO_UDP;

	for (unsigned i = 0; i < ends->n; i++) {
		const struct end *end = &ends->all[i];
		if (!has_ports) {
			if (same(&e->dst, &end->server) || same(&e->src, &end->server) ||
			    (same(&e->dst, &end->client) && e->ip_proto)) {
				*ret = EVENT_RELATED;
				return true;
			}
			continue;
		}
		if (same(&e->dst, &end->server) && e->dst_port == end->server_port &&
		    (same(&e->src, &end->client) || port_fits(end->client_port, e->src_port))) {
			*ret = EVENT_FORWARD;
			return true;
		}
		if (same(&e->src, &end->server) && e->src_port == end->server_port &&
		    (same(&e->dst, &end->client) || port_fits(end->client_port, e->dst_port))) {
			*ret = EVENT_REVERSE;
			return true;
		}
	}
	return false;
}

/* Something else that touches our own socket or the target: a stray answer, a proxy's failure. */
static bool concerns(const struct case_facts *facts, const struct kernel_event *e)
{
	const struct path_hop *target = path_target(&facts->forward);

	if (target && e->netns == facts->places[target->place].netns &&
	    (e->kind == KERNEL_EVENT_SOCKET_ERROR || e->kind == KERNEL_EVENT_RESET_SENT))
		return true;
	if (!facts->n_places || e->netns != facts->places[0].netns)
		return false;
	if (e->kind == KERNEL_EVENT_RESET_RECEIVED || e->kind == KERNEL_EVENT_SOCKET_ERROR)
		return true;
	for (size_t i = 0; i < facts->n_attempts; i++) {
		const uint16_t port = facts->attempts[i].local_port;
		if (port && (e->dst_port == port || e->src_port == port))
			return true;
	}
	return false;
}

static const enum kernel_event_kind kinds[] = {
	[WIRE_EVENT_DROP] = KERNEL_EVENT_DROP,
	[WIRE_EVENT_RESET_SENT] = KERNEL_EVENT_RESET_SENT,
	[WIRE_EVENT_RESET_RECEIVED] = KERNEL_EVENT_RESET_RECEIVED,
	[WIRE_EVENT_RETRANSMIT] = KERNEL_EVENT_RETRANSMIT,
	[WIRE_EVENT_ICMP_SENT] = KERNEL_EVENT_ICMP_SENT,
	[WIRE_EVENT_SOCKET_ERROR] = KERNEL_EVENT_SOCKET_ERROR,
	[WIRE_EVENT_UDP_QUEUE_FULL] = KERNEL_EVENT_UDP_QUEUE_FULL,
};

static struct kernel_event decode(const struct wire_event *w)
{
	struct kernel_event e = {
		.kind = w->kind < N_ELEMENTS(kinds) ? kinds[w->kind] : KERNEL_EVENT_DROP,
		.netns = w->netns, .ifindex = w->ifindex, .src = address_of(w, w->src),
		.dst = address_of(w, w->dst), .src_port = w->src_port, .dst_port = w->dst_port,
		.ip_proto = w->ip_proto, .tcp_flags = w->tcp_flags, .ttl = w->ttl,
		.icmp_type = w->icmp_type, .icmp_code = w->icmp_code, .error = w->error,
		.ip_bytes = w->bytes, .count = 1, .seen_ns = w->seen_ns};

	/* A reset that answers a packet: the record holds that packet, the reset goes back. */
	if (e.kind == KERNEL_EVENT_RESET_SENT && w->error) {
		e.src = address_of(w, w->dst);
		e.dst = address_of(w, w->src);
		e.src_port = w->dst_port;
		e.dst_port = w->src_port;
		e.error = 0;
	}
	return e;
}

static struct kernel_event *fold(const struct case_facts *facts, const struct kernel_event *e,
				 const char *reason, uint64_t location)
{
	for (size_t i = 0; i < facts->n_events; i++) {
		struct kernel_event *old = &facts->events[i];
		if (old->kind == e->kind && old->netns == e->netns && same(&old->src, &e->src) &&
		    same(&old->dst, &e->dst) && old->src_port == e->src_port &&
		    old->dst_port == e->dst_port && old->tcp_flags == e->tcp_flags &&
		    old->reason == reason && old->address == location && old->error == e->error)
			return old;
	}
	return NULL;
}

static bool is_complete(const struct drops_watcher *watcher, const struct case_facts *facts)
{
	if (!watcher->state || watcher->state->n > WIRE_EVENTS)
		return false;
	for (size_t i = 0; i < facts->n_places; i++) {
		const uint32_t slot = facts->places[i].netns & (WIRE_NETNS_SLOTS - 1);
		if (watcher->state->of_netns[slot] > WIRE_NETNS_EVENTS)
			return false;
	}
	return true;
}

struct choosing {
	struct case_facts *facts;
	struct flow_ends ends;
	struct kernel_names *names;
};

static void take_event(struct choosing *c, const struct wire_event *w)
{
	struct case_facts *facts = c->facts;

	/* Elsewhere somebody else may use the same addresses. */
	if (!w->done || !case_place(facts, w->netns))
		return;
	struct kernel_event e = decode(w);
	if (!classify(&c->ends, &e, &e.direction)) {
		if (!concerns(facts, &e))
			return;
		e.direction = EVENT_RELATED;
	}
	const char *reason = e.kind == KERNEL_EVENT_DROP && w->has_reason
				     ? kernel_names_reason(c->names, &facts->arena, w->reason)
				     : NULL;
	struct kernel_event *old = fold(facts, &e, reason, w->location);
	if (old) {
		old->count++;
		return;
	}
	struct kernel_event *kept = case_add_event(facts);
	if (!kept)
		return;
	*kept = e;
	kept->address = w->location;
	if (e.kind == KERNEL_EVENT_DROP) {
		kept->reason = reason;
		kept->location = kernel_names_symbol(c->names, &facts->arena, w->location,
						     &kept->location_offset);
	}
}

static int by_time(const void *va, const void *vb)
{
	const struct kernel_event *a = va, *b = vb;

	return (a->seen_ns > b->seen_ns) - (a->seen_ns < b->seen_ns);
}

void drops_collect(struct drops *drops, struct case_facts *facts)
{
	AUTO(kernel_names_freep) struct kernel_names *names = kernel_names_new();
	struct choosing choosing = {.facts = facts, .names = names};
	const bool has_reasons = names && (kernel_names_reason(names, &facts->arena, 1) ||
					   kernel_names_reason(names, &facts->arena, 2));

	find_ends(facts, &choosing.ends);
	/* What the rules conclude from silence needs drops with their reasons, and resets. */
	facts->events_watched = names && has_reasons &&
				is_complete(&drops->watchers[DROPS_WATCH_DROPS], facts) &&
				is_complete(&drops->watchers[DROPS_WATCH_TCP], facts);
	for (unsigned k = 0; k < N_DROPS_WATCHERS && names; k++) {
		const struct drops_watcher *watcher = &drops->watchers[k];
		for (size_t i = 0; watcher->state && i < drops_in_use(watcher); i++)
			take_event(&choosing, &watcher->events[i]);
	}
	if (facts->n_events)
		qsort(facts->events, facts->n_events, sizeof(*facts->events), by_time);
	if (!has_reasons)
		case_add_unseen(facts, "the reasons of the kernel's drops", "Linux 5.17");
}
