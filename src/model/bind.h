/* SPDX-License-Identifier: MIT */
/* The part of bind() that looks at the address, apart from the port (1.1). */
#ifndef BERTH_MODEL_BIND_H
#define BERTH_MODEL_BIND_H

#include "model/autobind.h"
#include "model/ops.h"

struct bind_call {
	struct akey addr;
	bool v6;	 /* the family of the address given */
	uint32_t scope;
	uint16_t port;
	bool unprivileged;
};

/*
 * Check the address and give it to @sock (which may be a copy, for a mere question). Like the
 * kernel it sets the device of a link-local scope even when it then fails.
 */
struct model_outcome bind_address(const struct model_space *space, struct msock *sock,
				  const struct bind_call *call);

/* What asking for @port (0: any) would give @sock; @choice is written for port 0. */
void bind_port_check(const struct asker *asker, uint16_t port, struct model_verdict *ret,
		     struct choice *choice);

/*
 * Of a choice the port that @turn tells; 0 in @ret: none. -ERANGE when it can not be so. Without
 * a hint a member, if there are any.
 */
int choice_pick(const struct choice *choice, const struct model_turn *turn, uint16_t *ret);

/*
 * get_port(): check and take @port (0: the kernel chooses). 0 with the verdict, -ERANGE or -ENOMEM.
 */
int bind_get_port(struct model_space *space, uint32_t id, uint16_t port,
		  const struct model_turn *turn, struct model_verdict *ret);

#endif
