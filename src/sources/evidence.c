/* SPDX-License-Identifier: MIT */
/* Gathers the evidence of all collectors into a case. */
#include "sources/evidence.h"
#include "base/auto.h"
#include "core/case.h"
#include "core/sock.h"
#include "sources/firewall.h"
#include "sources/place_collect.h"
#include "sources/routes.h"
#include "sources/target.h"
#include "sources/walk.h"
#include "sources/world.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct evidence {
	struct world world;
	struct firewalls *firewalls;
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
		world_run(world, &world->all[i], read_before, &world->all[i].before);
	evidence->firewalls = firewalls_new(world, &facts->arena);
	if (!evidence->firewalls)
		return -ENOMEM;
	firewalls_read_before(evidence->firewalls);
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
	q.src_port = a ? a->local_port : asked->bind_port;
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

void evidence_finish(struct evidence *evidence, struct case_facts *facts)
{
	struct route_question question;

	if (place_collect(facts, &evidence->world, &evidence->world.all[0]) < 0)
		case_add_unseen(facts, "this host's interfaces", "rtnetlink");
	if (!first_packet(facts, &question))
		return;
	question.out_link = device_of(facts, &facts->places[0]);
	walk_paths(facts, &evidence->world, evidence->firewalls, &question);
	firewalls_count(evidence->firewalls, facts);
	target_collect(facts, &evidence->world);
	struct netlink *nl = world_route(&evidence->world, &evidence->world.all[0]);
	if (nl)
		ip_rules_collect(nl, &facts->arena, &facts->places[0], &question);
}

void evidence_free(struct evidence *evidence)
{
	if (!evidence)
		return;
	firewalls_free(evidence->firewalls);
	world_close(&evidence->world);
	free(evidence);
}
