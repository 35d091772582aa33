/* SPDX-License-Identifier: MIT */
/* Founding, joining and leaving SO_REUSEPORT groups, and whom the hash may pick. */
#include "model/share.h"
#include "model/buckets.h"
#include "model/conflict.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t group_new(struct model_space *space)
{
	for (uint32_t i = 1; i < space->n_groups; i++) {
		if (!space->groups[i].used) {
			space->groups[i].used = true;
			return i;
		}
	}
	uint32_t old = space->n_groups ? space->n_groups : 1;
	if (array_room(&space->groups, old, &space->room_groups, sizeof(*space->groups)))
		return 0;
	if (!space->n_groups)
		space->groups[0] = (struct group){0};
	space->groups[old] = (struct group){.used = true};
	space->n_groups = old + 1;
	return old;
}

static int group_add(struct model_space *space, uint32_t group, uint32_t id)
{
	struct group *g = &space->groups[group];
	int r = array_room(&g->members, g->n, &g->room, sizeof(*g->members));

	if (r)
		return r;
	g->members[g->n++] = id;
	sock_at(space, id)->group = group;
	return 0;
}

int group_found(struct model_space *space, uint32_t id)
{
	if (sock_at(space, id)->group)
		return 0;
	uint32_t group = group_new(space);
	return group ? group_add(space, group, id) : -ENOMEM;
}

void group_leave(struct model_space *space, uint32_t id)
{
	struct msock *sock = sock_at(space, id);
	uint32_t group = sock->group;

	if (!group)
		return;
	struct group *g = &space->groups[group];
	sock->group = 0;
	/* The last one moves into the hole. */
	for (uint32_t i = 0; i < g->n; i++) {
		if (g->members[i] == id) {
			g->members[i] = g->members[--g->n];
			break;
		}
	}
	if (g->n)
		return;
	free(g->members);
	*g = (struct group){0};
}

/* inet_reuseport_add_sock(), udp_reuseport_add_sock() */
static bool may_group(const struct model_space *space, const struct msock *a,
		      const struct msock *b)
{
	struct side mine = side_of(a), theirs = side_of(b);
	enum model_rule why;

	if ((a->flags ^ b->flags) & (F_V6 | F_V6ONLY | F_UDP | F_LITE) || a->dev != b->dev ||
	    a->lport != b->lport || !(b->flags & F_REUSEPORT))
		return false;
	if (a->uid != b->uid && rule_on(space, MODEL_RULE_REUSEPORT_UID))
		return false;
	return sides_overlap(space, &mine, &theirs, 0, &why) && why != MODEL_RULE_ADDRESS_APART;
}

static int join(struct model_space *space, uint32_t id, uint32_t other)
{
	struct msock *sock = sock_at(space, id);
	int r = group_found(space, other);

	if (r)
		return r;
	uint32_t group = sock_at(space, other)->group;
	if (sock->group == group)
		return 0;
	if (sock->group && space->groups[sock->group].n > 1)
		return -EBUSY;
	group_leave(space, id);
	return group_add(space, group, id);
}

int group_load(struct model_space *space, uint32_t id, uint32_t other)
{
	int r = group_found(space, other);

	if (r || id == other)
		return r;
	return sock_at(space, id)->group ? 0 : group_add(space, sock_at(space, other)->group, id);
}

int group_join(struct model_space *space, uint32_t id, uint32_t bucket)
{
	const struct msock *sock = sock_at(space, id);
	bool port = bucket_at(space, bucket)->kind == BUCKET_PORT;

	for (uint32_t o = bucket_at(space, bucket)->head; o;
	     o = port ? sock_at(space, o)->a_next : sock_at(space, o)->b_next)
		if (o != id && may_group(space, sock, sock_at(space, o)))
			return join(space, id, o);
	return group_found(space, id);
}

void list_add(struct model_list *list, uint32_t id)
{
	if (list && !array_room(&list->ids, list->n, &list->room, sizeof(*list->ids)))
		list->ids[list->n++] = id;
}

uint32_t group_pickable(const struct model_space *space, uint32_t group, int cpu,
			struct model_list *list)
{
	const struct group *g = &space->groups[group];
	bool steer = space->behaviour.cpu_in_group && cpu >= 0 &&
		     rule_on(space, MODEL_RULE_REUSEPORT_CPU);
	uint32_t n = 0;

	for (int here = steer; here >= 0 && !n; here--) {
		for (uint32_t i = 0; i < g->n; i++) {
			const struct msock *sock = sock_at(space, g->members[i]);
			if (sock->state == SOCK_STATE_ESTABLISHED || (here && sock->cpu != cpu))
				continue;
			list_add(list, g->members[i]);
			n++;
		}
	}
	return n;
}
