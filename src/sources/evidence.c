/* SPDX-License-Identifier: MIT */
/* Gathers the evidence of all collectors into a case. */
#include "sources/evidence.h"
#include "base/auto.h"
#include "core/case.h"
#include "core/sock.h"
#include "sources/bpf_attached.h"
#include "sources/bpf_choice.h"
#include "sources/conntrack.h"
#include "sources/drops.h"
#include "sources/firewall.h"
#include "sources/md5_keys.h"
#include "sources/nft_trace.h"
#include "sources/place_collect.h"
#include "sources/routes.h"
#include "sources/target.h"
#include "sources/walk.h"
#include "sources/walk_hooks.h"
#include "sources/world.h"
#include "sources/xfrm.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct evidence {
	struct world world;
	struct firewalls *firewalls;
	struct drops *drops; /* NULL: may not be watched */
	int drops_error; /* why not */
	struct nft_trace *trace;
};

static int read_before(void *data)
{
	counters_read(data);
	return 0;
}

int evidence_start(struct case_facts *facts, struct evidence **ret_evidence)
{
	AUTO(evidence_freep) struct evidence *evidence = calloc(1, sizeof(*evidence));
	int err = evidence ? world_open(&evidence->world, facts->asked.all_netns) : -ENOMEM;

	if (err)
		return err;
	struct place *own = case_add_place(facts);
	if (!own)
		return -ENOMEM;
	struct world *world = &evidence->world;
	own->is_self = true;
	own->netns = world->all[0].inode;
	if (world->all[0].name)
		own->name = arena_printf(&facts->arena, "%s", world->all[0].name);
	for (size_t i = 0; i < world->n; i++)
		world_run(&world->all[i], read_before, &world->all[i].before);
	evidence->firewalls = firewalls_new(world, &facts->arena);
	if (!evidence->firewalls)
		return -ENOMEM;
	firewalls_read_before(evidence->firewalls);
	/* Without the right or the tracepoints there is less to conclude from, that is all. */
	if (bpf_is_allowed())
		evidence->drops_error = drops_open(facts->asked.all_netns ? 0 : (uint32_t)own->netns,
						   &evidence->drops);
	else
		evidence->drops_error = -EPERM;
	*ret_evidence = take(evidence);
	return 0;
}

/* The packet as the asker's program makes it; false when there is no address to go to. */
static bool first_packet(const struct case_facts *facts, struct route_question *ret_question)
{
	const struct attempt *a = case_subject(facts);
	const struct asked *asked = &facts->asked;
	struct route_question q = {.mark = asked->mark, .uid = asked->uid};

	q.dst = a && a->remote.family != ADDR_NONE ? a->remote : asked->addr;
	q.dst_port = a && a->remote_port ? a->remote_port : asked->port;
	q.dst = addr_unmapped(&q.dst);
	if (q.dst.family == ADDR_NONE || asked->op == CASE_BIND)
		return false;
	if (asked->bind_addr.family == q.dst.family && !addr_is_any(&asked->bind_addr))
		q.src = asked->bind_addr;
	q.src_port = a && a->local_port ? a->local_port : asked->bind_port;
	q.ip_proto = asked->proto == SOCK_PROTO_UDP ? IPPROTO_UDP : IPPROTO_TCP;
	if (q.uid < 0)
		q.uid = geteuid();
	*ret_question = q;
	return true;
}

static uint32_t device_of(const struct case_facts *facts, const struct place *place)
{
	for (size_t i = 0; facts->asked.device && i < place->n_links; i++)
		if (!strcmp(place->links[i].name, facts->asked.device))
			return place->links[i].index;
	return 0;
}

static void mark_signed_listeners(struct evidence *evidence, struct case_facts *facts)
{
	const struct path_hop *target = path_target(&facts->forward);
	struct place *place = target ? &facts->places[target->place] : NULL;
	const struct world_netns *netns = place ? world_find(&evidence->world, place->netns) : NULL;

	if (netns && place->n_sockets)
		md5_keys_mark(&evidence->world, netns, place);
}

/* Programs that look at the packets of the listener's cgroup. */
static void look_at_listeners(struct case_facts *facts)
{
	const struct path_hop *target = path_target(&facts->forward);
	struct place *place = target ? &facts->places[target->place] : NULL;
	const char *asked = walk_cgroup(facts), *last = NULL;

	for (size_t i = 0; place && i < place->n_processes && bpf_is_allowed(); i++) {
		const char *path = place->processes[i].cgroup;
		if (!path || (last && !strcmp(path, last)) ||
		    (place->is_self && asked && !strcmp(path, asked)))
			continue;
		bpf_attached_cgroup(&facts->arena, place, path, true);
		last = path;
	}
}

/* What else acts on packets in the namespaces of both ways: programs, IPsec. */
static void look_along(struct evidence *evidence, struct case_facts *facts)
{
	struct world *world = &evidence->world;
	const struct path_hop *first = &facts->forward.hops[0];

	for (size_t i = 0; i < facts->n_places; i++) {
		struct place *place = &facts->places[i];
		const struct world_netns *netns = world_find(world, place->netns);
		const struct path_hop *hop = path_hop_at(&facts->forward, (uint32_t)i);
		if (!netns)
			continue;
		if (!hop && !path_hop_at(&facts->reverse, (uint32_t)i) && !place->n_verdicts)
			continue;
		const struct path_hop *at = hop ? hop : first;
		const struct flow_tuple flow = {
			at->src, at->sent_dst.family ? at->sent_dst : at->dst, at->src_port,
			at->sent_dst_port ? at->sent_dst_port : at->dst_port,
			facts->asked.proto == SOCK_PROTO_UDP ? IPPROTO_UDP : IPPROTO_TCP};
		bpf_attached_collect(world, netns, &facts->arena, place);
		if (flow.src.family == flow.dst.family)
			xfrm_collect(world, netns, &facts->arena, place, &flow);
		place->conntrack.max = (uint64_t)place_setting_number(
			place, "net.netfilter.nf_conntrack_max", 0);
		place->conntrack.count = (uint64_t)place_setting_number(
			place, "net.netfilter.nf_conntrack_count", 0);
	}
}

/* An answer that fails to explain says what would show more. */
static void collect_drops(struct evidence *evidence, struct case_facts *facts)
{
	const struct attempt *a = case_subject(facts);

	if (evidence->drops)
		drops_collect(evidence->drops, facts);
	else if (a && !a->ok && evidence->drops_error == -EPERM)
		case_add_unseen(facts, "what the kernel drops, resets and refuses, and why",
				"root, or CAP_BPF and CAP_PERFMON");
	else if (a && !a->ok)
		case_add_unseen(facts, "what the kernel drops, resets and refuses, and why",
				"a kernel with these tracepoints and BTF (Linux 5.14; 5.5 with libbpf)");
}

void evidence_finish(struct evidence *evidence, struct case_facts *facts)
{
	struct route_question question;

	if (place_collect(facts, &evidence->world, &evidence->world.all[0]) < 0)
		case_add_unseen(facts, "this host's interfaces", "rtnetlink");
	bpf_attached_cgroup(&facts->arena, &facts->places[0], walk_cgroup(facts), false);
	if (!first_packet(facts, &question))
		return;
	question.out_link = device_of(facts, &facts->places[0]);
	walk_paths(facts, &evidence->world, evidence->firewalls, &question);
	firewalls_count(evidence->firewalls, facts);
	target_collect(facts, &evidence->world);
	mark_signed_listeners(evidence, facts);
	look_at_listeners(facts);
	look_along(evidence, facts);
	collect_drops(evidence, facts);
	struct netlink *nl = world_route(&evidence->world, &evidence->world.all[0]);
	if (nl)
		ip_rules_collect(nl, &facts->arena, &facts->places[0], &question);
}

/* What a former flow left in the case. */
static void forget_flow(struct case_facts *facts)
{
	facts->forward.n = facts->reverse.n = 0;
	facts->n_events = 0;
	for (size_t i = 0; i < facts->n_places; i++) {
		struct place *place = &facts->places[i];
		place->n_verdicts = place->n_programs = place->n_xfrm = 0;
		place->conntrack.n_entries = 0;
	}
}

void evidence_of_arrival(struct evidence *evidence, struct case_facts *facts,
			 const struct arrival *arrival)
{
	struct world *world = &evidence->world;

	forget_flow(facts);
	if (place_collect(facts, world, &world->all[0]) < 0)
		case_add_unseen(facts, "this host's interfaces", "rtnetlink");
	walk_arrival(facts, world, evidence->firewalls, arrival);
	firewalls_count(evidence->firewalls, facts);
	target_collect(facts, world);
	mark_signed_listeners(evidence, facts);
	look_along(evidence, facts);
	facts->n_unseen = 0; /* the same for each flow */
	collect_drops(evidence, facts);
}

void evidence_of_nothing(struct evidence *evidence, struct case_facts *facts)
{
	if (place_collect(facts, &evidence->world, &evidence->world.all[0]) < 0)
		case_add_unseen(facts, "this host's interfaces", "rtnetlink");
}

bool evidence_trace_start(struct evidence *evidence, struct case_facts *facts,
			  uint16_t client_port)
{
	const struct attempt *a = case_subject(facts);

	evidence->trace = nft_trace_open(&evidence->world, facts, client_port, a ? a->local_port : 0);
	return evidence->trace != NULL;
}

void evidence_trace_finish(struct evidence *evidence, struct case_facts *facts)
{
	nft_trace_finish(take(evidence->trace), evidence->firewalls, facts);
}

void evidence_free(struct evidence *evidence)
{
	if (!evidence)
		return;
	nft_trace_abandon(evidence->trace);
	drops_close(evidence->drops);
	firewalls_free(evidence->firewalls);
	world_close(&evidence->world);
	free(evidence);
}
