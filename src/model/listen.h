/* SPDX-License-Identifier: MIT */
/* Listeners inside the model. */
#ifndef BERTH_MODEL_LISTEN_H
#define BERTH_MODEL_LISTEN_H

#include "model/flows.h"

/* Put a socket in state LISTEN into its chain and group. 0, -EBUSY or -ENOMEM. */
int listen_enter(struct model_space *space, uint32_t id);
/* The connection that @listener makes of a SYN; it waits for accept(). 0: no memory. */
uint32_t listen_take(struct model_space *space, uint32_t listener, const struct flow_key *ends,
		     uint32_t device);
/* Leave chain and group; waiting connections are reset. The state is the caller's to change. */
void listen_stop(struct model_space *space, uint32_t id);

#endif
