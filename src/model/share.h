/* SPDX-License-Identifier: MIT */
/* SO_REUSEPORT groups (net/core/sock_reuseport.c). */
#ifndef BERTH_MODEL_SHARE_H
#define BERTH_MODEL_SHARE_H

#include "model/state.h"

/*
 * @id joins the group of the first socket of its chain @bucket that it may share with, or founds
 * one. TCP at listen(), UDP at bind(). 0, -ENOMEM, or -EBUSY (it is in another group).
 */
int group_join(struct model_space *space, uint32_t id, uint32_t bucket);
/* A group of its own, because a program is attached before bind() or listen(). */
/* @id is of the group of @other, or of a new one if that is itself. 0 or -ENOMEM. */
int group_load(struct model_space *space, uint32_t id, uint32_t other);
int group_found(struct model_space *space, uint32_t id);
void group_leave(struct model_space *space, uint32_t id);

/* Put into @list (may be NULL) those whom the hash may pick; their number. (5.2) */
uint32_t group_pickable(const struct model_space *space, uint32_t group, int cpu,
			struct model_list *list);
/* Add to a list; quietly nothing without one or memory. */
void list_add(struct model_list *list, uint32_t id);

#endif
