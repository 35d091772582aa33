/* SPDX-License-Identifier: MIT */
/* How connections end, and what of port and address stays (0.1). */
#ifndef BERTH_MODEL_END_H
#define BERTH_MODEL_END_H

#include "model/state.h"

/* tcp_disconnect(): also the address goes unless bind() named it. */
int end_disconnect(struct model_space *space, uint32_t id);
/* @id sends RST and is gone from the space (it has no file); its peer is closed. */
void end_reset(struct model_space *space, uint32_t id);
/* RST arrives at @id. */
void end_hit_by_reset(struct model_space *space, uint32_t id);
/* FIN from @id, whose peer acknowledges it. */
int end_send_fin(struct model_space *space, uint32_t id, uint64_t now_ms);
/* Make the TIME_WAIT entry that takes the place of @id. 0: no memory. */
uint32_t end_time_wait(struct model_space *space, uint32_t id, bool fin_wait2, uint64_t now_ms);
/* @id, without file, leaves the space altogether. */
void end_drop(struct model_space *space, uint32_t id);

#endif
